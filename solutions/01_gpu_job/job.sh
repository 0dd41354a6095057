#!/bin/bash
# A training that goes on in the next job where this one stopped. Submit it from this folder:  sbatch job.sh
# The next line names the profile (jobscripts/sites/NAME.toml) of the site that this script is for.
# site: arrhenius

# TODO(1): ask for what the job needs
#SBATCH -A naiss2026-4-123-gpu
#SBATCH -p gpu
#SBATCH -n 1
#SBATCH -c 16
#SBATCH --gpus=1
#SBATCH -t 00:30:00
#SBATCH -J gpu-job
#SBATCH -o gpu-job-%j.out
#SBATCH --signal=B:USR1@120
#SBATCH --requeue
#SBATCH --open-mode=append
# END TODO(1)

set -euo pipefail  # a command that fails ends the job, and does not leave it idle with its GPU

# TODO(2): software, storage, and a look at the GPU
STORAGE=/nobackup/proj/disk/naiss2026-4-123/personal/$USER
CHECKPOINTS=$STORAGE/gpu-job
export HF_HOME=$STORAGE/caches/huggingface TORCH_HOME=$STORAGE/caches/torch HF_HUB_OFFLINE=1
module purge
module load GPU/buildenv-gcccuda/2026.03-cu13.0
source "$STORAGE/venvs/exercises/bin/activate"
python - <<'END'
import torch
assert torch.cuda.is_available(), f"PyTorch {torch.__version__} sees no GPU"
print(torch.cuda.get_device_name(), torch.__version__, flush=True)
END
# END TODO(2)

# TODO(3): train, pass the signal on, and have the job queued again
mkdir -p "$CHECKPOINTS"
python -u train.py --device cuda --checkpoint "$CHECKPOINTS/run.pt" &
training=$!
trap 'kill -USR1 "$training"' USR1
wait "$training" || true
while kill -0 "$training" 2> /dev/null; do  # the signal ends a wait, not the training: it is saving now
    wait "$training" || true
done
code=0
wait "$training" || code=$?  # also of one that ended before kill -0 looked: bash keeps the status
if [ "$code" -eq 75 ]; then
    scontrol requeue "$SLURM_JOB_ID"
fi
exit "$code"
# END TODO(3)

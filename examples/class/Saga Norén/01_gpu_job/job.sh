#!/bin/bash
# A training that goes on in the next job where this one stopped. Submit it from this folder:  sbatch job.sh
# The next line names the profile (jobscripts/sites/NAME.toml) of the site that this script is for.
# site: alvis

# TODO(1): ask for what the job needs
#SBATCH -A NAISS2026-22-345
#SBATCH -p alvis
#SBATCH --gpus-per-node=A40:1
#SBATCH -t 0-00:30:00
#SBATCH -J resume
#SBATCH -o resume-%j.log
#SBATCH --signal=B:USR1@120
# END TODO(1)

set -euo pipefail  # a command that fails ends the job, and does not leave it idle with its GPU

# TODO(2): software, storage, and a look at the GPU
export PROJECT=/mimer/NOBACKUP/groups/naiss2026-22-345
export HF_HOME=$PROJECT/hf TORCH_HOME=$PROJECT/torch
CHECKPOINTS=$PROJECT/$USER/gpu-job
module purge
module load PyTorch/2.7.1-foss-2024a-CUDA-12.6.0
python -c 'import torch; assert torch.cuda.is_available()'
# END TODO(2)

# TODO(3): train, pass the signal on, and have the job queued again
# train.py exits with 75 when it stopped early, 0 when it is done.
mkdir -p "$CHECKPOINTS"
python train.py --device cuda --checkpoint "$CHECKPOINTS/run.pt"
# END TODO(3)

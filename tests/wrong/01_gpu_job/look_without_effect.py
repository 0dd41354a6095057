"""An error when there is no GPU, and `|| true` behind it.

Caught by: prepared
"""
# TODO(2): software, storage, and a look at the GPU
STORAGE=/nobackup/proj/disk/naiss2026-4-123/personal/$USER
CHECKPOINTS=$STORAGE/gpu-job
export HF_HOME=$STORAGE/caches/huggingface TORCH_HOME=$STORAGE/caches/torch HF_HUB_OFFLINE=1
module purge
module load GPU/buildenv-gcccuda/2026.03-cu13.0
source "$STORAGE/venvs/exercises/bin/activate"
python - <<'END' || true
import torch
assert torch.cuda.is_available(), f"PyTorch {torch.__version__} sees no GPU"
print(torch.cuda.get_device_name(), torch.__version__, flush=True)
END
# END TODO(2)

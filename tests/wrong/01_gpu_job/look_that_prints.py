"""Prints whether there is a GPU, and goes on without one.

Caught by: prepared
"""
# TODO(2): software, storage, and a look at the GPU
STORAGE=/nobackup/proj/disk/naiss2026-4-123/personal/$USER
CHECKPOINTS=$STORAGE/gpu-job
export HF_HOME=$STORAGE/caches/huggingface TORCH_HOME=$STORAGE/caches/torch HF_HUB_OFFLINE=1
module purge
module load GPU/buildenv-gcccuda/2026.03-cu13.0
source "$STORAGE/venvs/exercises/bin/activate"
python -c 'import torch; print(torch.cuda.is_available())'
# END TODO(2)

"""nvidia-smi sees the GPU; whether PyTorch does, a build without CUDA for example, nobody knows.

Caught by: prepared
"""
# TODO(2): software, storage, and a look at the GPU
STORAGE=/nobackup/proj/disk/naiss2026-4-123/personal/$USER
CHECKPOINTS=$STORAGE/gpu-job
export HF_HOME=$STORAGE/caches/huggingface TORCH_HOME=$STORAGE/caches/torch HF_HUB_OFFLINE=1
module purge
module load GPU/buildenv-gcccuda/2026.03-cu13.0
source "$STORAGE/venvs/exercises/bin/activate"
nvidia-smi
# END TODO(2)

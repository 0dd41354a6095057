"""nvidia-smi sees the GPU; whether PyTorch does, a build without CUDA for example, nobody knows.

Caught by: prepared
"""
# TODO(2): software, storage, and a look at the GPU
STORAGE=/nobackup/proj/disk/naiss2026-4-123/personal/$USER
CHECKPOINTS=$STORAGE/gpu-job
export HF_HOME=$STORAGE/caches/huggingface TORCH_HOME=$STORAGE/caches/torch HF_HUB_OFFLINE=1
module purge
module load GPU/Python/3.13.5-bare-gcc-2025b-eb
source "$STORAGE/venvs/exercises/bin/activate"
nvidia-smi
# END TODO(2)

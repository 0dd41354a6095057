"""Four GPUs, of which three are idle, and paid for.

Caught by: asked
"""
# TODO(1): ask for what the job needs
#SBATCH -A naiss2026-4-123-gpu
#SBATCH -p gpu
#SBATCH -n 1
#SBATCH -c 16
#SBATCH --gpus=4
#SBATCH -t 00:30:00
#SBATCH -J gpu-job
#SBATCH -o gpu-job-%j.out
#SBATCH --signal=B:USR1@120
#SBATCH --requeue
#SBATCH --open-mode=append
# END TODO(1)

"""A day is asked for, to be safe: it waits for a free day, and blocks what the project may run.

Caught by: asked
"""
# TODO(1): ask for what the job needs
#SBATCH -A naiss2026-4-123-gpu
#SBATCH -p gpu
#SBATCH -n 1
#SBATCH -c 16
#SBATCH --gpus=1
#SBATCH -t 1-00:00:00
#SBATCH -J gpu-job
#SBATCH -o gpu-job-%j.out
#SBATCH --signal=B:USR1@120
#SBATCH --requeue
#SBATCH --open-mode=append
# END TODO(1)

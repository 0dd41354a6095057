"""The second job begins the log anew: what the first one said is gone.

Caught by: warned
"""
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
# END TODO(1)

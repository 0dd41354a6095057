"""Without B: the signal goes to what srun started. There is none here, and the trap waits in vain.

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
#SBATCH --signal=USR1@120
#SBATCH --requeue
#SBATCH --open-mode=append
# END TODO(1)

#!/usr/bin/env bash
#SBATCH -A <project>
#SBATCH <GPU request of your site>
#SBATCH -c 4
#SBATCH -t 00:15:00
#SBATCH -J self-check
#SBATCH -o self-check-%j.out
# Usage: sbatch jobscripts/self-check.sh 03      (from the top folder of the repository)
set -euo pipefail
module purge
module load <the PyTorch module of your site>
source "${EXERCISES_VENV:-$HOME/exercises-venv}/bin/activate"
# Fail in the first second, not after the queue, when the GPU is not there.
python -c 'import torch; assert torch.cuda.is_available(), "this job sees no GPU"; print(torch.cuda.get_device_name())'
python -u -m pytest "assignments/${1:?which assignment, for example 03}"

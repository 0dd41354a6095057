#!/usr/bin/env bash
# Berzelius (NSC): the head of a batch, without a GPU.
# From the top folder of the repository:  sbatch jobscripts/berzelius/batch_grading.sh SUBMISSIONS [RESULTS]
# Made from jobscripts/sites/berzelius.toml by `python -m grader.jobscripts`.
# Replace berzelius-YYYY-N by your project, PROJECT by its directory.
# thin: A100 with 40 GB, fat: 80 GB at twice the cost. Slices of a GPU: --reservation=1g.10gb. Not its Hopper part.
# Nobody has confirmed these facts of the profile:
#   login, slurm.hours, slurm.array, gpus.cores, gpus.several_nodes, software.setup, storage, head.
#SBATCH -A berzelius-YYYY-N
#SBATCH -p berzelius-cpu
#SBATCH -n 1
#SBATCH -c 2
#SBATCH -t 02:00:00
#SBATCH -J batch_grading
#SBATCH -o batch_grading-%j.out
set -eo pipefail

export STORAGE=/proj/PROJECT/users/$USER
module purge
module load Miniforge3/24.7.1-2-hpc1-bdist
source "${EXERCISES_VENV:-$STORAGE/exercises-venv}/bin/activate"

# The jobs of the batch run on GPUs; this one submits them and waits. When its time is up, submit it again: it goes on.
python -u -m grader grade "${1:?which folder of submissions}" --out "${2:-$STORAGE/results}" \
    --site berzelius --account berzelius-YYYY-N --yes

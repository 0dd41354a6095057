#!/usr/bin/env bash
# Dardel (PDC): the head of a batch, without a GPU.
# From the top folder of the repository:  sbatch jobscripts/dardel/batch_grading.sh SUBMISSIONS [RESULTS]
# Made from jobscripts/sites/dardel.toml by `python -m grader.jobscripts`.
# Replace naissYYYY-X-NNN by your project, PROJECT by its directory.
# AMD MI250X: 4 per node, 8 devices. PyTorch needs its ROCm build. -p gpugh has 4 GH200 per node instead.
# Nobody has confirmed these facts of the profile:
#   login, slurm.hours, slurm.array, gpus.whole_nodes, gpus.cores, gpus.unit, software.setup,
#   software.container, storage.project, head.
#SBATCH -A naissYYYY-X-NNN
#SBATCH -p shared
#SBATCH -n 1
#SBATCH -c 2
#SBATCH -t 02:00:00
#SBATCH -J batch_grading
#SBATCH -o batch_grading-%j.out
set -eo pipefail

export STORAGE=/cfs/klemming/projects/PROJECT
module purge
module load PDC cray-python/3.11.7
source "$HOME/exercises-head/bin/activate"

# The jobs of the batch run on GPUs; this one submits them and waits. When its time is up, submit it again: it goes on.
python -u -m grader grade "${1:?which folder of submissions}" --out "${2:-$STORAGE/results}" \
    --site dardel --account naissYYYY-X-NNN --yes

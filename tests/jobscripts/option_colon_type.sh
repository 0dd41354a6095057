#!/bin/bash
# The same with a type.
# Site: pelle. Caught by: option-form.
#SBATCH -A uppmax2026-1-23
#SBATCH -p gpu
#SBATCH --gpus:l40s:1
#SBATCH -t 0:10:00
#SBATCH -J train
#SBATCH -o train-%j.out
set -euo pipefail
module purge
module load Python/3.12.3-GCCcore-13.3.0
export HF_HOME="$SNIC_TMP/huggingface"
python -u train.py

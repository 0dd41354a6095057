# Each task has a seed of its own, and a file of its own.
{{ python }} -u jobscripts/programs/train.py \
    --seed "$SLURM_ARRAY_TASK_ID" --out "$STORAGE/results/$SLURM_ARRAY_JOB_ID" "$@"

"""The training runs in the foreground: bash looks at the trap when it has ended.

Caught by: warned
"""
# TODO(3): train, pass the signal on, and have the job queued again
mkdir -p "$CHECKPOINTS"
code=0
trap "pkill -USR1 -P $$" USR1
python -u train.py --device cuda --checkpoint "$CHECKPOINTS/run.pt" || code=$?
if [ "$code" -eq 75 ]; then
    scontrol requeue "$SLURM_JOB_ID"
fi
exit "$code"
# END TODO(3)

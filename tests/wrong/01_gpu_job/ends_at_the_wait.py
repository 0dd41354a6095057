"""Under `set -e` a wait that answers 75 ends the script before its requeue.

Caught by: warned
"""
# TODO(3): train, pass the signal on, and have the job queued again
mkdir -p "$CHECKPOINTS"
python -u train.py --device cuda --checkpoint "$CHECKPOINTS/run.pt" &
training=$!
trap 'kill -USR1 "$training"' USR1
wait "$training" || true
wait "$training"; code=$?
if [ "$code" -eq 75 ]; then
    scontrol requeue "$SLURM_JOB_ID"
fi
exit "$code"
# END TODO(3)

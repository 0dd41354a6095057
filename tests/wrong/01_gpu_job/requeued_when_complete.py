"""Queued again when the training is complete, not when it stopped early.

Caught by: warned
"""
# TODO(3): train, pass the signal on, and have the job queued again
mkdir -p "$CHECKPOINTS"
python -u train.py --device cuda --checkpoint "$CHECKPOINTS/run.pt" &
training=$!
trap 'kill -USR1 "$training"' USR1
code=0
wait "$training" || code=$?
while kill -0 "$training" 2> /dev/null; do  # the signal ends a wait, not the training: it is saving now
    code=0
    wait "$training" || code=$?
done
if [ "$code" -eq 0 ]; then
    scontrol requeue "$SLURM_JOB_ID"
fi
exit "$code"
# END TODO(3)

"""A pipeline in the background: $! is tee, which gets the signal, and whose status is waited for.

Caught by: warned
"""
# TODO(3): train, pass the signal on, and have the job queued again
mkdir -p "$CHECKPOINTS"
python -u train.py --device cuda --checkpoint "$CHECKPOINTS/run.pt" 2>&1 | tee log.txt &
training=$!
trap 'kill -USR1 "$training"' USR1
code=0
wait "$training" || code=$?
while kill -0 "$training" 2> /dev/null; do  # the signal ends a wait, not the training: it is saving now
    code=0
    wait "$training" || code=$?
done
if [ "$code" -eq 75 ]; then
    scontrol requeue "$SLURM_JOB_ID"
fi
exit "$code"
# END TODO(3)

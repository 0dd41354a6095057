"""Checkpoints on the disk of the node: they are gone with the job that wrote them.

Caught by: prepared
"""
# TODO(2): software, storage, and a look at the GPU
STORAGE=/nobackup/proj/disk/naiss2026-4-123/personal/$USER
CHECKPOINTS=$SNIC_TMP/gpu-job
export HF_HOME=$STORAGE/caches/huggingface KERAS_HOME=$STORAGE/caches/keras HF_HUB_OFFLINE=1
module purge
module load GPU/buildenv-gcccuda/2026.03-cu13.0
source "$STORAGE/venvs/exercises/bin/activate"
python - <<'END'
import tensorflow as tf
gpus = tf.config.list_physical_devices("GPU")
assert gpus, f"TensorFlow {tf.__version__} sees no GPU"
print(tf.config.experimental.get_device_details(gpus[0]), tf.__version__, flush=True)
END
# END TODO(2)

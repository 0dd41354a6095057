#!/usr/bin/env bash
# {{ site.title }}: {{ kind.text }}.
# From the top folder of the repository:  sbatch jobscripts/{{ site.name }}/{{ kind.name }}.sh{{ kind.arguments }}
{% for line in notes %}
# {{ line }}
{% endfor %}
{% for line in directives %}
#SBATCH {{ line }}
{% endfor %}
set -eo pipefail

{% for line in environment %}
{{ line }}
{% endfor %}
{% if request %}
mkdir -p "$STORAGE/caches"

# Ends the job in its first seconds when a GPU is missing, another one, or of no use to the framework.
{{ everywhere ~ "\\\n    " if everywhere }}{{ python }} -m grader doctor --site {{ site.name }} --gpus {{ gpus }}
{% endif %}
{% if kind.trains %}

cores=${SLURM_CPUS_PER_TASK:-$SLURM_CPUS_ON_NODE}
gpus={{ "$SLURM_GPUS_ON_NODE" if site.gpus.form else request.gpus }}
export WORKERS=$((cores / gpus)) OMP_NUM_THREADS=$((cores / gpus))  # of each process that drives a GPU
{% endif %}

{% include "job." ~ kind.name ~ ".sh" %}

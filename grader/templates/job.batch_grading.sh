# The jobs of the batch run on GPUs; this one submits them and waits. When its time is up, submit it again: it goes on.
{{ python }} -u -m grader grade "${1:?which folder of submissions}" --out "${2:-$STORAGE/results}" \
    --site {{ site.name }} --account {{ site.account.placeholder }} --yes

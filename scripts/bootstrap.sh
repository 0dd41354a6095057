#!/bin/sh
# Sets up what the targets of the Makefile need, which calls it.
#   bootstrap.sh setup       build .venv and install what the self-check needs
# course only >>>
#   bootstrap.sh demo|test   build .venv and install the extras for the demo, or all of them
#   bootstrap.sh system      find the programs that only some tests need; as root on Debian/Ubuntu, install them
# <<< course only
# Reads PYTHON (the one interpreter to use), PIP_ARGS (more arguments for pip), CI (true: a missing part is an error).
set -eu
umask 022                   # started as root, the workers run as an ordinary user and read .venv
PATH=$PATH:/usr/sbin:/sbin  # where slurmctld and munged are

say() { printf '%s\n' "$*"; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }
is_root() { [ "$(id -u)" -eq 0 ]; }
as_other() { setpriv --reuid=65534 --regid=65534 --clear-groups "$@" >/dev/null 2>&1; }

# Can an ordinary user run this? Yes where nobody is root, or where there is no other user to become.
others_can() { ! is_root || ! as_other true || as_other "$@"; }

# For any Python version: prints the interpreter's path, or why it cannot be used.
CANDIDATE='
import sys
def no(why):
    print(why)
    sys.exit(1)
if not (3, 11) <= sys.version_info[:2] <= (3, 13):
    no("is Python %d.%d; needed is 3.11, 3.12 or 3.13" % sys.version_info[:2])
try:
    import venv
    from ensurepip import version
except ImportError:
    no("cannot make virtual environments (Debian/Ubuntu: sudo apt install python3-venv)")
print(sys._base_executable)  # behind a shim or a virtual environment
'

# Prints the path of this Python if it can be used, else the reason why not.
check_python() {
    answer=$("$1" -c "$CANDIDATE" 2>/dev/null) || { say "${answer:-does not start}"; return 1; }
    others_can "$answer" -I -c "import json" || {
        say "cannot be read by other users, and as root the grader runs student code as one of them"
        return 1
    }
    say "$answer"
}

# Prints the path of the first usable Python, or says for each one found why it is not.
find_python() {
    set -- /usr/bin/python3 python3.13 python3.12 python3.11 python3
    [ -z "${PYTHON:-}" ] || set -- "$PYTHON"
    reasons='' seen=' '
    for python; do
        path=$(command -v "$python") || continue
        case $seen in *" $path "*) continue ;; esac
        seen="$seen$path "
        if answer=$(check_python "$path"); then say "$answer"; return; fi
        reasons="${reasons}error: $path $answer
"
    done
    [ -n "$reasons" ] || die "found no ${PYTHON:-Python 3.11 to 3.13 (Debian/Ubuntu: sudo apt install python3-venv)}"
    printf %s "$reasons" >&2
    exit 1
}

make_venv() {
    others_can test -r "$PWD/pyproject.toml" || die "other users cannot enter $PWD," \
        "and as root the grader runs student code as one of them: move the checkout (to /srv, say)," \
        "or run make as an ordinary user."
    if [ -x .venv/bin/python ] && check_python .venv/bin/python >/dev/null && .venv/bin/python -c "import pip"; then
        return
    fi
    python=$(find_python) || exit 1
    say "Making .venv with $python"
    "$python" -m venv --clear .venv || die "$python could not make .venv; its message is above."
}

install() {  # install EXTRAS STAMP...
    say "Installing into .venv: $1"
    # shellcheck disable=SC2086  # PIP_ARGS holds several arguments
    .venv/bin/python -m pip install --disable-pip-version-check --no-input ${PIP_ARGS:-} \
        -c constraints.txt -e ".[$1]" || die "pip failed; its message is above (no network? disk full?)." \
        "Then mend that and run make again: it goes on where it stopped."
    shift
    touch "$@"
}

# course only >>>
apt_install() {
    is_root && command -v apt-get >/dev/null || return 1
    say "Installing the system package $1"
    [ -n "$updated" ] || apt-get update -qq || return 1
    updated=yes
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends \
        -o DPkg::Lock::Timeout=300 "$1" >/dev/null
}

need() {  # need PACKAGE USE PROGRAM...: one of the programs or files must be there, or PACKAGE be installed
    package=$1 use=$2
    shift 2
    for program; do
        if command -v "$program" >/dev/null || [ -e "$program" ]; then return; fi
    done
    if apt_install "$package"; then return; fi
    say "missing: $package, for $use, which are skipped (Debian/Ubuntu: sudo apt install $package)"
    missing="$missing $package"
}

find_system_parts() {
    missing='' updated=''
    (find_python >/dev/null 2>&1) || apt_install python3-venv || true  # make_venv says what is wrong
    need slurm-wlm "tests on a private Slurm" slurmctld
    need munge "tests on a private Slurm" munged
    need libnss-wrapper "tests on a private Slurm" /usr/lib/*/libnss_wrapper.so
    need slurmdbd "a private Slurm with accounts" slurmdbd
    need mariadb-server-core "a private Slurm with accounts" mariadbd
    need bubblewrap "tests of the sandbox" bwrap
    need chromium "tests of the HTML pages" chromium chromium-browser google-chrome
    [ -z "$missing" ] || [ "${CI:-}" != true ] || die "with CI=true nothing may be skipped; missing:$missing"
}
# <<< course only

case $(uname -s) in
    MINGW* | MSYS* | CYGWIN*) die "this is a Windows shell; use WSL2 (wsl --install), there the same command." ;;
esac
cd "$(dirname "$0")/.."
case ${1:-} in
    setup) make_venv; install torch .venv/ready-setup; say "ready. Now: source .venv/bin/activate, then: grader list" ;;
    # course only >>>
    demo) make_venv; install torch,tensorflow,llm,batch .venv/ready-setup .venv/ready-demo ;;
    test) make_venv; install torch,tensorflow,llm,instructor,dev .venv/ready-setup .venv/ready-demo .venv/ready-test ;;
    system) find_system_parts ;;
    # <<< course only
    *) die "usage: make; then choose one of its targets" ;;
esac

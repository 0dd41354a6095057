{{ python }} -u -m pytest "assignments/${1:?which assignment, for example 03}" "${@:2}"

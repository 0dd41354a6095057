{{ python }} -u "${@:-jobscripts/programs/train.py}"

#!/bin/bash
# TODO(1): x
# END TODO(1)

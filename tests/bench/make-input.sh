#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# make-input.sh DIR - the inputs of bench.sh: DIR/random, a million random
# members below 2^32, one a line, and DIR/plain.txt, 1 to 10,000,000.
set -euo pipefail
awk 'BEGIN { srand(1)
	for (i = 0; i < 1000000; i++)
		printf "%d\n", int(rand() * 65536) * 65536 + int(rand() * 65536)
}' >"$1/random"
seq 1 10000000 >"$1/plain.txt"

#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# check-spdx.sh - each file that can hold a comment names its licence.

set -euo pipefail
# shellcheck source=scripts/lib-files.sh
. "$(dirname "$0")/lib-files.sh"

while IFS= read -r file; do
	head -n 2 "$file" |
		grep -qE '^(/\* |# )SPDX-License-Identifier: Apache-2\.0' ||
		complain "$file: no SPDX line at the top"
done < <(tree_files '*.[ch]' '*.sh' '*.py' 'scripts/*' '.ci/*' '*meson.build' \
	meson_options.txt)
verdict spdx

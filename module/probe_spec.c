// SPDX-License-Identifier: GPL-2.0-only
/* The text form of a place to probe. */
#include <linux/kernel.h>
#include <linux/kstrtox.h>
#include <linux/string.h>

#include "probe.h"

int mbpf_probe_spec_parse(char *text, struct mbpf_probe_spec *spec)
{
	char *plus;

	spec->symbol = NULL;
	spec->addr = 0;
	spec->offset = 0;
	if (!*text)
		return -EINVAL;
	if (text[0] == '0' && (text[1] | 0x20) == 'x') {
		if (kstrtoul(text, 16, &spec->addr) || !spec->addr)
			return -EINVAL;
		return 0;
	}
	plus = strchr(text, '+');
	if (plus) {
		if (kstrtou32(plus + 1, 0, &spec->offset))
			return -EINVAL;
		*plus = '\0';
	}
	if (!*text || strlen(text) >= KSYM_NAME_LEN)
		return -EINVAL;
	spec->symbol = text;
	return 0;
}

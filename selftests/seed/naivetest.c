// SPDX-License-Identifier: GPL-2.0-only
/* The seed's first test: a call that makes no sense does no harm. */
#include <errno.h>

#include "common.h"

int main(void)
{
	int ret;

	printf("cmd = 0\n");
	ret = minibpf_call(MINIBPF_MAP_CREATE, NULL, 0);
	CHECK(ret == -EINVAL);
	printf("naivetest PASSED\n");
	return 0;
}

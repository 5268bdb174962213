// SPDX-License-Identifier: GPL-2.0-only
/* 90860aef63d0 "lib/crypto: sha1: Add SHA-1 library functions" (v6.17). */
#include <linux/types.h>
#include <crypto/sha1.h>

void probe(u8 out[SHA1_DIGEST_SIZE]);
void probe(u8 out[SHA1_DIGEST_SIZE])
{
	sha1(out, 0, out);
}

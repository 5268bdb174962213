/* SPDX-License-Identifier: GPL-2.0-only */
/* SHA-1 in one call, where the kernel has only its compression: see compat/probe/sha1.c. */
#ifndef MBPF_COMPAT_SHA1_H
#define MBPF_COMPAT_SHA1_H

#include <linux/string.h>
#include <linux/unaligned.h>
#include <crypto/sha1.h>

#define MBPF_SHA1_SIZE SHA1_DIGEST_SIZE

#ifdef COMPAT_HAVE_SHA1
static inline void mbpf_sha1(const u8 *data, size_t size, u8 out[MBPF_SHA1_SIZE])
{
	sha1(data, size, out);
}
#else
static inline void mbpf_sha1(const u8 *data, size_t size, u8 out[MBPF_SHA1_SIZE])
{
	size_t whole = size - size % SHA1_BLOCK_SIZE, tail = size - whole, pos;
	u8 last[2 * SHA1_BLOCK_SIZE] = {};
	u32 work[SHA1_WORKSPACE_WORDS], state[SHA1_DIGEST_SIZE / 4];
	size_t last_size = tail + 9 > SHA1_BLOCK_SIZE ? sizeof(last) : SHA1_BLOCK_SIZE;

	memcpy(last, data + whole, tail);
	last[tail] = 0x80;
	put_unaligned_be64((u64)size * 8, last + last_size - 8);

	sha1_init(state);
	for (pos = 0; pos < whole; pos += SHA1_BLOCK_SIZE)
		sha1_transform(state, data + pos, work);
	for (pos = 0; pos < last_size; pos += SHA1_BLOCK_SIZE)
		sha1_transform(state, last + pos, work);
	for (pos = 0; pos < ARRAY_SIZE(state); pos++)
		put_unaligned_be32(state[pos], out + pos * 4);
}
#endif

#endif /* MBPF_COMPAT_SHA1_H */

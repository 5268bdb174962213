// SPDX-License-Identifier: GPL-2.0-only
/* The passes of a compilation: what every back end has in common. */
#include "jit.h"

#define MAX_SIZING_PASSES 16

static void run_pass(struct mbpf_jit *jit, const struct mbpf_jit_backend *be)
{
	/* A pass over the longest program takes some 100 ms. */
	cond_resched();
	jit->pos = 0;
	be->emit(jit);
}

int mbpf_jit_init(struct mbpf_jit *jit, const struct mbpf_jit_backend *be,
		  const struct mbpf_code *code,
		  const struct mbpf_jit_target *target, u64 near)
{
	u32 pass, last;

	memset(jit, 0, sizeof(*jit));
	jit->code = code;
	jit->target = target;
	jit->addr = near;
	jit->near = near;
	jit->off = kvcalloc(code->nr + 1, sizeof(*jit->off), GFP_KERNEL_ACCOUNT);
	jit->sub_off = kvcalloc(code->nr_subs, sizeof(*jit->sub_off),
				GFP_KERNEL_ACCOUNT);
	if (!jit->off || !jit->sub_off) {
		mbpf_jit_deinit(jit);
		return -ENOMEM;
	}

	jit->longest = true;
	run_pass(jit, be);
	jit->longest = false;
	for (pass = 0; pass < MAX_SIZING_PASSES && !jit->err; pass++) {
		last = jit->pos;
		run_pass(jit, be);
		if (jit->pos == last && pass)
			break;
	}
	if (pass == MAX_SIZING_PASSES) {
		/* Each pass shrank one more branch: two passes fix the long forms. */
		jit->longest = true;
		run_pass(jit, be);
		run_pass(jit, be);
	}
	if (jit->err) {
		int err = jit->err;

		mbpf_jit_deinit(jit);
		return err;
	}
	return 0;
}

void mbpf_jit_deinit(struct mbpf_jit *jit)
{
	kvfree(jit->off);
	kvfree(jit->sub_off);
	kvfree(jit->plan);
	jit->off = NULL;
	jit->sub_off = NULL;
	jit->plan = NULL;
}

int mbpf_jit_emit(struct mbpf_jit *jit, const struct mbpf_jit_backend *be,
		  u8 *buf, u32 cap, u64 addr)
{
	u32 size = jit->pos;

	if (cap < size)
		return -EFAULT;
	jit->buf = buf;
	jit->cap = cap;
	jit->addr = addr;
	run_pass(jit, be);
	if (!jit->err && jit->pos != size)
		jit->err = -EFAULT;
	return jit->err;
}

void mbpf_jit_put_bytes(struct mbpf_jit *jit, const u8 *bytes, u32 n)
{
	if (jit->buf && !jit->err) {
		if (n > jit->cap - jit->pos) {
			jit->err = -EFAULT;
			return;
		}
		memcpy(jit->buf + jit->pos, bytes, n);
	}
	jit->pos += n;
}

void mbpf_jit_put(struct mbpf_jit *jit, u64 bytes, u32 n)
{
	u8 buf[8];
	u32 i;

	for (i = 0; i < n; i++)
		buf[i] = bytes >> (8 * i);
	mbpf_jit_put_bytes(jit, buf, n);
}

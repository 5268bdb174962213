// SPDX-License-Identifier: GPL-2.0-only
/* The stages of a compilation: what every back end has in common. */
#include "jit.h"
#include "jit_link.h"
#include "../helper.h"

#define BYTES_PER_INSN 5	/* enough for most programs; others make the buffer grow */

static int generate(struct mbpf_jit *jit, const struct mbpf_jit_backend *be)
{
	const struct mbpf_code *code = jit->code;

	jit->cap = code->nr * BYTES_PER_INSN + MBPF_JIT_ROOM + MBPF_JIT_ROOM / 2;
	jit->buf = mbpf_scratch_alloc(jit->scratch, jit->cap);
	jit->off = kvmalloc_array(code->nr + 1 + code->nr_subs, sizeof(*jit->off),
				  GFP_KERNEL_ACCOUNT);
	if (!jit->buf || !jit->off)
		return -ENOMEM;
	jit->sub_off = jit->off + code->nr + 1;
	be->emit(jit);
	jit->off[code->nr] = jit->pos;
	return jit->err;
}

int mbpf_jit_init(struct mbpf_jit *jit, const struct mbpf_jit_backend *be,
		  struct mbpf_code *code,
		  const struct mbpf_jit_target *target, u64 near)
{
	int err;

	/* What is in the pool is known by its number. */
	memset(jit, 0, offsetof(struct mbpf_jit, pool));
	jit->code = code;
	jit->scratch = &code->scratch;
	jit->mark = code->scratch;
	jit->target = target;
	jit->near = near;
	err = generate(jit, be);
	if (err) {
		mbpf_jit_deinit(jit);
		return err;
	}
	mbpf_jit_relax(jit, be);
	jit->entry = 0;
	jit->tail_entry = jit->sub_off[0];
	return 0;
}

void mbpf_jit_deinit(struct mbpf_jit *jit)
{
	if (jit->scratch)
		mbpf_scratch_reset(jit->scratch, &jit->mark);
	/* Often it has been taken over. */
	if (jit->off)
		kvfree(jit->off);
	jit->scratch = NULL;
	jit->buf = NULL;
	jit->off = NULL;
	jit->sub_off = NULL;
	jit->refs = NULL;
}

void mbpf_jit_grow(struct mbpf_jit *jit)
{
	u8 *buf = jit->err ? NULL : mbpf_scratch_alloc(jit->scratch, 2 * (size_t)jit->cap);

	if (!buf) {
		if (!jit->err)
			jit->err = -ENOMEM;
		jit->pos = 0;
		return;
	}
	memcpy(buf, jit->buf, jit->pos);
	jit->buf = buf;
	jit->cap *= 2;
	cond_resched();
}

static bool grow_refs(struct mbpf_jit *jit)
{
	u32 cap = jit->cap_refs ? 2 * jit->cap_refs : 64;
	struct mbpf_jit_ref *refs = mbpf_scratch_alloc(jit->scratch, cap * sizeof(*refs));

	if (!refs) {
		if (!jit->err)
			jit->err = -ENOMEM;
		return false;
	}
	if (jit->refs)
		memcpy(refs, jit->refs, jit->nr_refs * sizeof(*refs));
	jit->refs = refs;
	jit->cap_refs = cap;
	return true;
}

void mbpf_jit_refer(struct mbpf_jit *jit, u8 kind, u32 operand, u8 min, u8 what, u64 to)
{
	if (jit->nr_refs == jit->cap_refs && !grow_refs(jit))
		return;
	jit->refs[jit->nr_refs++] = (struct mbpf_jit_ref){
		.to = to,
		.pos = jit->pos,
		.operand = operand,
		.what = what,
		.kind = kind,
		.min = min,
		.size = min,
	};
}

u8 mbpf_jit_helper_as(const struct mbpf_jit *jit, u32 id)
{
	static const u32 needs[] = {
		[MBPF_HELPER_CPU_ID] = MBPF_JIT_HAS_CPU,
		[MBPF_HELPER_TASK] = MBPF_JIT_HAS_TASK,
		[MBPF_HELPER_PID_TGID] = MBPF_JIT_HAS_TASK,
		[MBPF_HELPER_JIFFIES] = MBPF_JIT_HAS_JIFFIES,
	};
	const struct mbpf_helper *helper = mbpf_helper_find(id);

	return helper && needs[helper->as] & jit->target->has ? helper->as : MBPF_HELPER_CALLED;
}

bool mbpf_jit_is_call(const struct mbpf_jit *jit, u32 i)
{
	const struct mbpf_insn *insn = &jit->code->insns[i];

	if (jit->code->aux[i].flags & MBPF_AUX_LOOKUP)
		return false;
	return !mbpf_insn_is_helper_call(insn) ||
	       mbpf_jit_helper_as(jit, insn->imm) == MBPF_HELPER_CALLED;
}

int mbpf_jit_literal(struct mbpf_jit *jit, u64 value)
{
	/* Multiplied by 2^64 over the golden ratio, numbers that are close spread. */
	u32 i = (value * 0x9e3779b97f4a7c15ULL) >> 32, n;

	for (;; i++) {
		n = jit->pool_at[i % ARRAY_SIZE(jit->pool_at)];
		if (!n)
			break;
		if (jit->pool[n - 1] == value)
			return n - 1;
	}
	if (jit->nr_pool == MBPF_JIT_MAX_LITERALS)
		return -1;
	jit->pool[jit->nr_pool++] = value;
	jit->pool_at[i % ARRAY_SIZE(jit->pool_at)] = jit->nr_pool;
	return jit->nr_pool - 1;
}

#define SHORT_FUNCTION 32

bool mbpf_jit_keeps_r2(const struct mbpf_code *code, u32 sub)
{
	u32 i = code->subs[sub].start, end = code->subs[sub].end;
	bool reads = false;

	if (code->subs[sub].has_call || end - i > SHORT_FUNCTION)
		return false;
	for (; i < end; i++) {
		if (code->aux[i].flags & (MBPF_AUX_DEAD | MBPF_AUX_SECOND))
			continue;
		if (mbpf_insn_defs(&code->insns[i]) & BIT(2))
			return false;
		reads |= mbpf_insn_uses(&code->insns[i]) & BIT(2);
	}
	return reads;
}

bool mbpf_jit_is_next(const struct mbpf_code *code, u32 i, u32 to)
{
	if (to <= i)
		return false;
	for (i++; i < to; i++)
		if (!(code->aux[i].flags & (MBPF_AUX_DEAD | MBPF_AUX_SECOND)))
			return false;
	return true;
}

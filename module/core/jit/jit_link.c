// SPDX-License-Identifier: GPL-2.0-only
/*
 * Distances. Code is generated with every jump in its shortest form. Those that
 * do not reach are made longer, which may put others out of reach, and so on:
 * sizes only grow, so that this ends, nearly always after two or three walks
 * over the references (the method is that of Szymanski, "Assembling code for
 * machines with span-dependent instructions", CACM 21/4, 1978). Then offsets
 * are corrected and the code is copied once, piece by piece.
 */
#include "jit_link.h"

/* After so many walks whatever may grow does: cost stays linear. */
#define MAX_WALKS 8

/*
 * How many references begin before @pos, an offset in the generated code. Most
 * targets are not far from the reference @from, from which steps grow.
 */
static u32 count_before(const struct mbpf_jit *jit, u32 pos, u32 from)
{
	const struct mbpf_jit_ref *refs = jit->refs;
	u32 low = 0, high = from, nr = jit->nr_refs, step = 1, mid;

	if (refs[from].pos < pos) {
		for (low = from + 1; low + step <= nr && refs[low + step - 1].pos < pos; step *= 2)
			low += step;
		high = min(nr, low + step);
	} else {
		for (; step <= high && refs[high - step].pos >= pos; step *= 2)
			high -= step;
		low = step <= high ? high - step : 0;
	}
	while (low < high) {
		mid = (low + high) / 2;
		if (refs[mid].pos < pos)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static u32 generated_target(const struct mbpf_jit *jit, const struct mbpf_jit_ref *ref)
{
	if (ref->what == MBPF_JIT_TO_INSN)
		return jit->off[ref->to];
	return jit->sub_off[ref->to] - (ref->what == MBPF_JIT_TO_WRAPPER ? jit->wrapper : 0);
}

static bool is_in_code(const struct mbpf_jit_ref *ref)
{
	return ref->what <= MBPF_JIT_TO_WRAPPER;
}

static void count_passed(struct mbpf_jit *jit)
{
	struct mbpf_jit_ref *ref = jit->refs;
	u32 k;

	for (k = 0; k < jit->nr_refs; k++, ref++)
		if (is_in_code(ref))
			ref->passed = count_before(jit, generated_target(jit, ref), k);
}

/* By how much all references before each have grown; returns the sum. */
static u32 sum_growth(struct mbpf_jit *jit)
{
	struct mbpf_jit_ref *ref = jit->refs;
	u32 k, sum = 0;

	for (k = 0; k < jit->nr_refs; k++, ref++) {
		ref->grown = sum;
		sum += ref->size - ref->min;
	}
	return sum;
}

static bool grow_one(struct mbpf_jit *jit, const struct mbpf_jit_backend *be,
		     struct mbpf_jit_ref *ref, u32 sum, bool all)
{
	u32 size, to;

	to = generated_target(jit, ref);
	to += ref->passed < jit->nr_refs ? jit->refs[ref->passed].grown : sum;
	size = be->size(ref, all ? S32_MAX : (s64)to - (ref->pos + ref->grown));
	if (size <= ref->size)
		return false;
	ref->size = size;
	return true;
}

/* Returns by how much the code has grown. */
static u32 grow_refs(struct mbpf_jit *jit, const struct mbpf_jit_backend *be)
{
	u32 walk, k, sum = 0;
	bool again = true;

	for (walk = 0; again && walk <= MAX_WALKS; walk++) {
		/* Not for the first walk, before which nothing has grown. */
		if (walk == 1)
			count_passed(jit);
		again = false;
		for (k = 0; k < jit->nr_refs; k++)
			if (is_in_code(&jit->refs[k]))
				again |= grow_one(jit, be, &jit->refs[k], sum,
						  walk == MAX_WALKS);
		if (again)
			sum = sum_growth(jit);
	}
	return sum;
}

/* Offsets in ascending order, from those of generated code to final ones. */
static void correct(const struct mbpf_jit *jit, u32 *off, u32 nr, u32 sum)
{
	const struct mbpf_jit_ref *ref = jit->refs, *end = ref + jit->nr_refs;
	u32 i;

	for (i = 0; i < nr; i++) {
		while (ref < end && ref->pos < off[i])
			ref++;
		off[i] += ref < end ? ref->grown : sum;
	}
}

void mbpf_jit_relax(struct mbpf_jit *jit, const struct mbpf_jit_backend *be)
{
	u32 sum = grow_refs(jit, be);

	if (sum) {
		correct(jit, jit->off, jit->code->nr + 1, sum);
		correct(jit, jit->sub_off, jit->code->nr_subs, sum);
	}
	jit->pool_off = round_up(jit->pos + sum, 8);
	jit->pos = jit->nr_pool ? jit->pool_off + 8 * jit->nr_pool : jit->pos + sum;
}

/* Offset or, for an address, distance from the code's start, where @ref refers to. */
static s64 final_target(const struct mbpf_jit *jit, const struct mbpf_jit_ref *ref, u64 addr)
{
	switch (ref->what) {
	case MBPF_JIT_TO_POOL:
		return jit->pool_off + 8 * ref->to;
	case MBPF_JIT_TO_ADDR:
		return ref->to - addr;
	default:
		return generated_target(jit, ref);
	}
}

static void put_pool(const struct mbpf_jit *jit, const struct mbpf_jit_backend *be, u8 *buf,
		     u32 at)
{
	u32 n;

	for (n = 0; at < jit->pool_off; n++)
		buf[at++] = be->fill[n % be->fill_size];
	memcpy(buf + at, jit->pool, 8 * jit->nr_pool);
}

int mbpf_jit_emit(const struct mbpf_jit *jit, const struct mbpf_jit_backend *be,
		  u8 *buf, u32 cap, u64 addr)
{
	const struct mbpf_jit_ref *ref = jit->refs;
	u32 k, from = 0, at = 0, end = jit->off[jit->code->nr];
	int err = 0;

	if (cap < jit->pos)
		return -EFAULT;
	for (k = 0; k < jit->nr_refs && !err; k++, ref++) {
		memcpy(buf + at, jit->buf + from, ref->pos + ref->min - from);
		at += ref->pos - from;
		from = ref->pos + ref->min;
		err = be->put(ref, buf + at, final_target(jit, ref, addr) - at);
		at += ref->size;
	}
	memcpy(buf + at, jit->buf + from, end - at);
	if (jit->nr_pool)
		put_pool(jit, be, buf, end);
	return err;
}

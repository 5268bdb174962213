// SPDX-License-Identifier: GPL-2.0-only
/*
 * The stack, byte by byte: what was spilled comes back as it was, the rest is
 * zero, data, or was never written.
 */
#include "verifier_state.h"

/* Where an access goes. */
struct span {
	u32 frame;
	s32 low;	/* lowest first byte, from that frame's R10 */
	s32 high;	/* highest first byte */
	u32 size;
	bool stated;	/* verifier_fp.c knew it, so needs and liveness follow it */
};

static int bug(struct mbpf_verifier *v, const char *what)
{
	mbpf_advise(v, "this is a mistake of the verifier, please report the program");
	return mbpf_reject(v, -EFAULT, -1, "verifier bug: %s", what);
}

static u64 span_slots(const struct span *span)
{
	return mbpf_slot_mask(span->low, span->high - span->low + span->size);
}

/* Each access is compared with what the static walks took it for. */
static int check_static(struct mbpf_verifier *v, struct span *span, bool by_insn)
{
	s16 fp = v->insn[v->cur->pc].fp;
	bool own = span->frame == v->cur->nr_frames - 1;

	span->stated = by_insn && own && span->low == span->high && fp == span->low;
	if (!by_insn || span->stated || fp == MBPF_FP_ANY)
		return 0;
	if (own || fp != MBPF_FP_NO)
		return bug(v, "a stack access was not foreseen");
	return 0;
}

static int check_live(struct mbpf_verifier *v, const struct span *span)
{
	u32 at = span->frame == v->cur->nr_frames - 1 ?
		 v->cur->pc : v->cur->frame[span->frame + 1]->callsite;

	if (span_slots(span) & ~mbpf_verifier_slots(v, at)->live)
		return bug(v, "a stack slot was taken for dead and is read");
	return 0;
}

static int find_span(struct mbpf_verifier *v, const struct mbpf_reg *base, s32 off, u32 size,
		     u32 aligned, int reg, const char *what, struct span *span)
{
	s64 low = base->range.smin + base->off + off, high = base->range.smax + base->off + off;
	struct mbpf_subprog *sub = &v->code->subs[v->cur->frame[base->frame]->sub];
	u64 align;

	if (low < -MBPF_STACK_SIZE || high + size > 0) {
		mbpf_advise(v, "stay between r10-%u and r10-1%s", MBPF_STACK_SIZE,
			    low == high ? "" : ": check the index against both ends first");
		return mbpf_reject(v, -EACCES, reg, "invalid %s stack R%d off=%lld size=%u", what, reg,
				   (long long)(low < -MBPF_STACK_SIZE ? low : high), size);
	}
	align = base->range.bits.value | base->range.bits.mask | (u32)(base->off + off);
	if (align & (aligned - 1)) {
		mbpf_advise(v, "access %u bytes at offsets that %u divides", size, aligned);
		return mbpf_reject(v, -EACCES, reg, "misaligned stack access off %lld size %u",
				   (long long)low, size);
	}
	span->frame = base->frame;
	span->low = low;
	span->high = high;
	span->size = size;
	sub->stack = max_t(u16, sub->stack, round_up((u32)-low, 8));
	return 0;
}

static struct mbpf_slot *slot_at(struct mbpf_verifier *v, u32 frame, u32 nr)
{
	struct mbpf_frame *f = v->cur->frame[frame];

	return nr < f->nr_slots ? &f->slots[nr] : NULL;
}

static bool holds_pointer(const struct mbpf_slot *slot)
{
	return slot->byte[0] == MBPF_BYTE_SPILL && mbpf_reg_is_pointer(&slot->reg);
}

/* Bytes @first to @first + @n - 1 of a slot, all of them @kind. */
static u64 bytes_of(u32 first, u32 n, u8 kind)
{
	return (0x0101010101010101ULL * kind) >> ((8 - n) * 8) << (first * 8);
}

static void set_bytes(struct mbpf_slot *slot, u32 first, u32 n, enum mbpf_byte kind)
{
	slot->bytes = (slot->bytes & ~bytes_of(first, n, 0xff)) | bytes_of(first, n, kind);
}

/*
 * What is left of a spilled register from byte @from on is no register any
 * more; one in the upper half is not a register any more at all.
 */
static void unspill(struct mbpf_slot *slot, u32 from)
{
	bool known = mbpf_reg_is_scalar(&slot->reg) && mbpf_range_is_const(&slot->reg.range);
	u32 at = mbpf_slot_reg_at(slot), i;

	if (at)
		from = at;
	for (i = from; i < 8; i++) {
		if (slot->byte[i] < MBPF_BYTE_SPILL)
			continue;
		slot->byte[i] = known && !(u8)(slot->reg.range.bits.value >> ((i - at) * 8)) ?
				MBPF_BYTE_ZERO : MBPF_BYTE_DATA;
	}
	if (from == at)
		mbpf_reg_set_none(&slot->reg);
}

/* The kind of @n bytes from @first on, if it is the same of all; else DATA, or NONE. */
static enum mbpf_byte kind_of(const struct mbpf_slot *slot, u32 first, u32 n)
{
	enum mbpf_byte kind = slot ? slot->byte[first] : MBPF_BYTE_NONE;
	u32 i;

	if (!slot || !((slot->bytes ^ bytes_of(first, n, kind)) & bytes_of(first, n, 0xff)))
		return kind;
	for (i = first + 1; i < first + n; i++) {
		if (slot->byte[i] == MBPF_BYTE_NONE)
			return MBPF_BYTE_NONE;
		if (slot->byte[i] != kind && kind != MBPF_BYTE_NONE)
			kind = MBPF_BYTE_DATA;
	}
	return kind;
}

static int reject_unwritten(struct mbpf_verifier *v, const struct span *span, int reg)
{
	mbpf_advise(v, "write all %u bytes at r10%d before they are read", span->size, span->low);
	return mbpf_reject(v, -EACCES, reg, "invalid read from stack off %d+0 size %u: not all of it was written",
			   span->low, span->size);
}

/* Registers come back with all that was known of them. */
static int fill(struct mbpf_verifier *v, struct mbpf_slot *slot, u32 first, u32 size,
		struct mbpf_reg *dst)
{
	struct mbpf_range shift;

	if (mbpf_reg_is_pointer(&slot->reg)) {
		if (size != 8) {
			mbpf_advise(v, "load a spilled pointer as 8 bytes");
			return mbpf_reject(v, -EACCES, -1, "invalid size of register fill");
		}
		*dst = slot->reg;
		return 0;
	}
	if (!slot->reg.id && !mbpf_range_is_const(&slot->reg.range))
		slot->reg.id = ++v->ids;
	*dst = slot->reg;
	if (size == 8)
		return 0;
	if (first) {
		mbpf_range_set_const(&shift, first * 8);
		mbpf_range_rsh(&dst->range, &shift, 64);
		dst->id = 0;
	}
	if (dst->range.umax >> (size * 8))
		dst->id = 0;
	mbpf_range_zext(&dst->range, size * 8);
	return 0;
}

static int load_fixed(struct mbpf_verifier *v, const struct span *span, struct mbpf_reg *dst,
		      int reg)
{
	struct mbpf_slot *slot = slot_at(v, span->frame, mbpf_slot_of(span->low));
	u32 first = mbpf_slot_byte(span->low);

	switch (kind_of(slot, first, span->size)) {
	case MBPF_BYTE_SPILL:
		return fill(v, slot, first, span->size, dst);
	case MBPF_BYTE_HIGH:
		return fill(v, slot, first - MBPF_HALF, span->size, dst);
	case MBPF_BYTE_ZERO:
		mbpf_reg_set_const(dst, 0);
		return 0;
	case MBPF_BYTE_NONE:
		if (!v->rules->perfmon)
			return reject_unwritten(v, span, reg);
		break;
	case MBPF_BYTE_DATA:
		break;
	}
	mbpf_reg_set_bytes(dst, span->size);
	return 0;
}

static int read_slot(struct mbpf_verifier *v, const struct span *span, u32 nr, u32 first, u32 n,
		     int reg)
{
	struct mbpf_slot *slot = slot_at(v, span->frame, nr);

	if (kind_of(slot, first, n) == MBPF_BYTE_NONE && !v->rules->perfmon)
		return reject_unwritten(v, span, reg);
	if (!slot || !holds_pointer(slot))
		return 0;
	if (!v->rules->perfmon) {
		mbpf_advise(v, "overwrite the pointer spilled at r10-%u first", (nr + 1) * 8);
		return mbpf_reject(v, -EACCES, reg, "invalid read from stack off %d+0 size %u: leaks a spilled pointer",
				   span->low, span->size);
	}
	mbpf_facts_leak(v, &slot->reg);
	return 0;
}

/* Every byte that the access can touch is data, or may be taken as such. */
static noinline int read_all(struct mbpf_verifier *v, const struct span *span, int reg)
{
	s32 off = span->low, end = span->high + (s32)span->size;
	u32 first, n;
	int err;

	for (; off < end; off += n) {
		first = mbpf_slot_byte(off);
		n = min(8 - first, (u32)(end - off));
		err = read_slot(v, span, mbpf_slot_of(off), first, n, reg);
		if (err)
			return err;
	}
	return 0;
}

int mbpf_stack_load(struct mbpf_verifier *v, const struct mbpf_reg *base, s32 off, u32 size,
		    struct mbpf_reg *dst)
{
	struct span span;
	int reg = v->code->insns[v->cur->pc].src, err;

	err = find_span(v, base, off, size, size, reg, "read from", &span);
	if (!err)
		err = check_static(v, &span, true);
	if (!err)
		err = check_live(v, &span);
	if (err)
		return err;
	if (!span.stated)
		mbpf_need_wild_load(v, v->cur->pc);
	if (span.low == span.high)
		return load_fixed(v, &span, dst, reg);
	err = read_all(v, &span, reg);
	if (!err)
		mbpf_reg_set_bytes(dst, size);
	return err;
}

bool mbpf_stack_peek(struct mbpf_verifier *v, const struct mbpf_reg *base, u32 size,
		     struct mbpf_range *range)
{
	s32 off = base->off + (s32)base->range.smin;
	struct mbpf_slot *slot;

	if (base->type != MBPF_TYPE_STACK || base->frame != v->cur->nr_frames - 1 ||
	    !mbpf_range_is_const(&base->range) || mbpf_slot_byte(off) + size > 8)
		return false;
	slot = slot_at(v, base->frame, mbpf_slot_of(off));
	switch (kind_of(slot, mbpf_slot_byte(off), size)) {
	case MBPF_BYTE_ZERO:
		mbpf_range_set_const(range, 0);
		return true;
	case MBPF_BYTE_SPILL:
	case MBPF_BYTE_HIGH:
		if (mbpf_slot_byte(off) != mbpf_slot_reg_at(slot) || !mbpf_reg_is_scalar(&slot->reg))
			return false;
		*range = slot->reg.range;
		mbpf_range_zext(range, size * 8);
		return true;
	default:
		return false;
	}
}

static int may_overwrite(struct mbpf_verifier *v, struct mbpf_slot *slot, bool whole, int reg)
{
	if (!holds_pointer(slot) || whole)
		return 0;
	if (!v->rules->perfmon) {
		mbpf_advise(v, "overwrite a spilled pointer as a whole, by 8 bytes");
		return mbpf_reject(v, -EACCES, reg, "attempt to corrupt spilled pointer on stack");
	}
	unspill(slot, 0);
	return 0;
}

/* Whether something is known of the lower half. */
static bool is_known_half(const struct mbpf_range *range)
{
	return range->umin32 || range->umax32 != U32_MAX || (u32)range->bits.mask != U32_MAX;
}

/*
 * A slot has one register: what is stored to its lowest bytes, or to its upper
 * half, as keys of 4 bytes often are, if nothing is left of one in the lower.
 */
static void store_slot(struct mbpf_slot *slot, u32 first, u32 size, const struct mbpf_reg *value,
		       u32 pc)
{
	u64 mask = size == 8 ? U64_MAX : (1ULL << (size * 8)) - 1;
	bool scalar = mbpf_reg_is_scalar(value), low = !first && (size == 8 || scalar), high, zero;

	/* A register of which nothing is left need not be taken to pieces. */
	if (mbpf_slot_reg_at(slot) < first || first + size < 8)
		unspill(slot, first);
	else
		set_bytes(slot, first, size, MBPF_BYTE_DATA);
	zero = scalar && !((value->range.bits.value | value->range.bits.mask) & mask);
	high = scalar && !zero && first == MBPF_HALF && size == 4 &&
	       mbpf_slot_reg_at(slot) == 8 && is_known_half(&value->range);
	if (low || high) {
		bool cut = scalar && value->range.umax > mask;

		slot->reg = *value;
		slot->reg.set_at = pc;
		if (cut)
			mbpf_range_zext(&slot->reg.range, size * 8);
		/* Copies are looked for in the lowest bytes. */
		if (cut || high)
			slot->reg.id = 0;
		set_bytes(slot, first, size, low ? MBPF_BYTE_SPILL : MBPF_BYTE_HIGH);
		return;
	}
	set_bytes(slot, first, size, zero ? MBPF_BYTE_ZERO : MBPF_BYTE_DATA);
}

/* Some of these bytes change, and to what they were or to data. */
static noinline int blur(struct mbpf_verifier *v, const struct span *span, bool zero, int reg)
{
	u32 nr, last = mbpf_slot_of(span->low), i;
	s32 off = span->low, end = span->high + (s32)span->size;
	int err;

	for (nr = mbpf_slot_of(end - 1); nr <= last; nr++) {
		struct mbpf_slot *slot = slot_at(v, span->frame, nr);

		if (!slot)
			break;
		err = may_overwrite(v, slot, false, reg);
		if (err)
			return err;
		unspill(slot, 0);
	}
	for (; off < end; off++) {
		struct mbpf_slot *slot = slot_at(v, span->frame, mbpf_slot_of(off));

		i = mbpf_slot_byte(off);
		if (slot && slot->byte[i] == MBPF_BYTE_ZERO && !zero)
			slot->byte[i] = MBPF_BYTE_DATA;
	}
	return 0;
}

static int may_spill(struct mbpf_verifier *v, const struct span *span,
		     const struct mbpf_reg *value, int reg)
{
	if (!mbpf_reg_is_pointer(value))
		return 0;
	if (span->size != 8 || span->low != span->high) {
		mbpf_advise(v, "store a pointer as 8 bytes, at a constant offset");
		return mbpf_reject(v, -EACCES, reg, "invalid size of register spill");
	}
	if (value->type == MBPF_TYPE_STACK && value->frame > span->frame) {
		mbpf_advise(v, "the callee's stack is gone when the caller goes on: store no pointer to it there");
		return mbpf_reject(v, -EINVAL, reg, "cannot spill pointers to stack into stack frame of the caller");
	}
	return 0;
}

int mbpf_stack_store(struct mbpf_verifier *v, u32 base, s32 off, u32 size,
		     const struct mbpf_reg *value, u32 reg)
{
	struct mbpf_slot *slot;
	struct span span;
	int err;

	err = find_span(v, mbpf_verifier_reg(v, base), off, size, size, base, "write to", &span);
	if (!err)
		err = check_static(v, &span, true);
	if (!err)
		err = may_spill(v, &span, value, reg);
	if (!err)
		err = mbpf_state_slots(v, span.frame, mbpf_slot_of(span.low) + 1);
	if (err)
		return err;
	/* With its slots, a frame's registers may have moved. */
	if (reg < MBPF_NR_REGS)
		value = mbpf_verifier_reg(v, reg);
	if (!span.stated && reg < MBPF_NR_REGS && mbpf_reg_is_scalar(value))
		mbpf_need_reg(v, v->cur->pc, reg);
	if (span.low != span.high)
		return blur(v, &span, mbpf_reg_is_null(value), base);

	slot = slot_at(v, span.frame, mbpf_slot_of(span.low));
	err = may_overwrite(v, slot, size == 8, base);
	if (err)
		return err;
	store_slot(slot, mbpf_slot_byte(span.low), size, value, v->cur->pc);
	return 0;
}

/* Helpers take memory by bytes: it need not be aligned. */
static int region_span(struct mbpf_verifier *v, const struct mbpf_reg *base, s32 off, u32 size,
		       int reg, bool write, struct span *span)
{
	return find_span(v, base, off, size, 1, reg, write ? "write to" : "read from", span);
}

int mbpf_stack_read(struct mbpf_verifier *v, const struct mbpf_reg *base, s32 off, u32 size,
		    int reg)
{
	struct span span;
	int err;

	err = region_span(v, base, off, size, reg, false, &span);
	if (!err)
		err = check_live(v, &span);
	if (err)
		return err;
	/* Keys and values are within 8 bytes, mostly. */
	if (span.low == span.high && mbpf_slot_byte(span.low) + size <= 8)
		return read_slot(v, &span, mbpf_slot_of(span.low), mbpf_slot_byte(span.low), size,
				 reg);
	return read_all(v, &span, reg);
}

int mbpf_stack_fill(struct mbpf_verifier *v, const struct mbpf_reg *base, s32 off, u32 size,
		    bool exact, int reg)
{
	struct span span;
	s32 end;
	u32 n;
	int err;

	err = region_span(v, base, off, size, reg, true, &span);
	if (!err)
		err = mbpf_state_slots(v, span.frame, mbpf_slot_of(span.low) + 1);
	if (err)
		return err;
	if (!exact || span.low != span.high)
		return blur(v, &span, false, reg);

	end = span.low + (s32)size;
	for (off = span.low; off < end; off += n) {
		struct mbpf_slot *slot = slot_at(v, span.frame, mbpf_slot_of(off));
		u32 first = mbpf_slot_byte(off);

		n = min(8 - first, (u32)(end - off));
		err = may_overwrite(v, slot, n == 8, reg);
		if (err)
			return err;
		unspill(slot, n == 8 ? 0 : first);
		memset(slot->byte + first, MBPF_BYTE_DATA, n);
	}
	return 0;
}

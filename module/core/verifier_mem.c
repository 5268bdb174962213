// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loads, stores and atomics: what a pointer may reach, and what comes back.
 */
#include "verifier_state.h"

static const struct mbpf_map *map_of(const struct mbpf_verifier *v, const struct mbpf_reg *reg)
{
	return v->code->maps[reg->index];
}

static int reject_type(struct mbpf_verifier *v, const struct mbpf_reg *reg, u32 nr)
{
	switch (reg->type) {
	case MBPF_TYPE_NONE:
		mbpf_advise(v, "give r%u a value on every path that leads here", nr);
		return mbpf_reject(v, -EACCES, nr, "R%u !read_ok", nr);
	case MBPF_TYPE_SCALAR:
		mbpf_advise(v, "r%u is a number: read kernel memory with probe_read_kernel", nr);
		return mbpf_reject(v, -EACCES, nr, "R%u invalid mem access 'scalar'", nr);
	case MBPF_TYPE_VALUE_OR_NULL:
		mbpf_advise(v, "compare r%u with 0 first: the lookup may have found nothing", nr);
		return mbpf_reject(v, -EACCES, nr, "R%u invalid mem access 'map_value_or_null'", nr);
	case MBPF_TYPE_RECORD_OR_NULL:
		mbpf_advise(v, "compare r%u with 0 first: there may have been no room", nr);
		return mbpf_reject(v, -EACCES, nr, "R%u invalid mem access 'ringbuf_mem_or_null'", nr);
	default:
		mbpf_advise(v, "look up an element of the map and use that");
		return mbpf_reject(v, -EACCES, nr, "R%u invalid mem access '%s'", nr,
				   reg->type == MBPF_TYPE_MAP ? "map_ptr" : "func");
	}
}

/* Whether @size bytes lie within an object of @limit bytes. */
static int check_bounds(struct mbpf_verifier *v, u32 nr, const struct mbpf_reg *reg, s32 off,
			u32 size, u32 limit, const char *what)
{
	s64 low = reg->range.smin + reg->off + off;
	s64 high = reg->range.smax + reg->off + off;

	if (low >= 0 && high + size <= limit)
		return 0;
	if (mbpf_range_is_const(&reg->range)) {
		mbpf_advise(v, "it has %u bytes: access offsets 0 to %d only", limit,
			    (s32)limit - (s32)size);
		return mbpf_reject(v, -EACCES, nr, "invalid access to %s_size=%u off=%lld size=%u",
				   what, limit, (long long)low, size);
	}
	if (low < 0) {
		mbpf_advise(v, "check the index of r%u against 0, or make it unsigned, before adding it",
			    nr);
		return mbpf_reject(v, -EACCES, nr,
				   "R%u min value is negative, either use unsigned index or do a if (index >=0) check: invalid access to %s_size=%u off=%lld size=%u",
				   nr, what, limit, (long long)low, size);
	}
	mbpf_advise(v, "check the index of r%u so that its last byte is below %u before adding it",
		    nr, limit);
	return mbpf_reject(v, -EACCES, nr,
			   "R%u max value is outside of the allowed memory range: invalid access to %s_size=%u off=%lld size=%u",
			   nr, what, limit, (long long)high, size);
}

static int check_map_access(struct mbpf_verifier *v, const struct mbpf_map *map, bool write,
			    u32 nr)
{
	if (map->attr.flags & (write ? MBPF_MAP_RDONLY_PROG : MBPF_MAP_WRONLY_PROG)) {
		mbpf_advise(v, "create the map without %s", write ? "BPF_F_RDONLY_PROG" :
								    "BPF_F_WRONLY_PROG");
		return mbpf_reject(v, -EACCES, nr, "%s map forbidden, value_size=%u",
				   write ? "write into" : "read from", map->attr.value_size);
	}
	return 0;
}

/* Memory with a size: map values and keys, records. */
static int check_object(struct mbpf_verifier *v, u32 nr, const struct mbpf_reg *reg, s32 off,
			u32 size, bool write)
{
	const struct mbpf_map *map;
	int err;

	if (reg->type == MBPF_TYPE_RECORD)
		return check_bounds(v, nr, reg, off, size, mbpf_ref_size(v, reg), "ringbuf_mem, mem");
	map = map_of(v, reg);
	if (reg->type == MBPF_TYPE_KEY) {
		if (write) {
			mbpf_advise(v, "copy the key to the stack and change the copy");
			return mbpf_reject(v, -EACCES, nr, "write to change key R%u not allowed", nr);
		}
		return check_bounds(v, nr, reg, off, size, map->attr.key_size, "map key, key");
	}
	err = check_map_access(v, map, write, nr);
	if (err)
		return err;
	return check_bounds(v, nr, reg, off, size, map->attr.value_size, "map value, value");
}

static void note_ctx_read(struct mbpf_verifier *v, u32 off)
{
	if (off / 8 < 64)
		v->code->ctx_read |= BIT_ULL(off / 8);
	else
		v->code->ctx_read = U64_MAX;
}

static int load_ctx(struct mbpf_verifier *v, const struct mbpf_reg *reg, u32 nr, s32 insn_off,
		    u32 size, struct mbpf_reg *dst)
{
	s64 off = (s64)reg->off + insn_off;

	if (!mbpf_range_is_const(&reg->range)) {
		mbpf_advise(v, "read the context at constant offsets");
		return mbpf_reject(v, -EACCES, nr, "variable ctx access R%u disallowed", nr);
	}
	off += reg->range.smin;
	if (off < 0 || off + size > v->rules->ctx_size || off & (size - 1)) {
		mbpf_advise(v, "the context has %u bytes; read 1, 2, 4 or 8 of them at an offset that this divides",
			    v->rules->ctx_size);
		return mbpf_reject(v, -EACCES, nr, "invalid bpf_context access off=%lld size=%u",
				   (long long)off, size);
	}
	note_ctx_read(v, off);
	mbpf_reg_set_bytes(dst, size);
	return 0;
}

/* What a frozen map that programs cannot write holds is known now. */
static noinline bool load_frozen(const struct mbpf_map *map, const struct mbpf_reg *reg, s32 off,
				 u32 size, struct mbpf_reg *dst)
{
	u64 addr, value = 0;

	if (!mbpf_range_is_const(&reg->range) || !(map->attr.flags & MBPF_MAP_RDONLY_PROG) ||
	    mbpf_map_value_addr(map, reg->off + reg->range.smin + off, &addr))
		return false;
	memcpy(&value, (const void *)(unsigned long)addr, size);
	mbpf_reg_set_const(dst, value);
	return true;
}

static int load_object(struct mbpf_verifier *v, const struct mbpf_reg *reg, u32 nr, s32 off,
		       u32 size, struct mbpf_reg *dst)
{
	int err;

	err = check_object(v, nr, reg, off, size, false);
	if (err)
		return err;
	if (reg->type != MBPF_TYPE_VALUE || !map_of(v, reg)->frozen ||
	    !load_frozen(map_of(v, reg), reg, off, size, dst))
		mbpf_reg_set_bytes(dst, size);
	return 0;
}

int mbpf_verify_load(struct mbpf_verifier *v, const struct mbpf_insn *insn)
{
	const struct mbpf_reg *src = mbpf_verifier_reg(v, insn->src);
	struct mbpf_reg *dst = mbpf_verifier_reg(v, insn->dst);
	u32 size = mbpf_size_bytes(insn->code);
	u8 type = src->type;
	int err;

	/* @dst may be @src: it is written last. */
	switch (type) {
	case MBPF_TYPE_CTX:
		err = load_ctx(v, src, insn->src, insn->off, size, dst);
		break;
	case MBPF_TYPE_STACK:
		err = mbpf_stack_load(v, src, insn->off, size, dst);
		break;
	case MBPF_TYPE_VALUE:
	case MBPF_TYPE_KEY:
	case MBPF_TYPE_RECORD:
		err = load_object(v, src, insn->src, insn->off, size, dst);
		break;
	default:
		err = reject_type(v, src, insn->src);
	}
	if (err)
		return err;
	if (MBPF_MODE(insn->code) == MBPF_MEMSX) {
		mbpf_range_sext(&dst->range, size * 8);
		dst->id = 0;
	}
	mbpf_facts_load(v, type == MBPF_TYPE_VALUE && mbpf_range_is_const(&dst->range),
			dst->range.bits.value);
	dst->set_at = v->cur->pc;
	return 0;
}

static int store_object(struct mbpf_verifier *v, const struct mbpf_reg *to, u32 nr, s32 off,
			u32 size, const struct mbpf_reg *value, u32 value_nr)
{
	int err;

	err = check_object(v, nr, to, off, size, true);
	if (err || !mbpf_reg_is_pointer(value))
		return err;
	if (!v->rules->perfmon) {
		mbpf_advise(v, "store no addresses where user space can read them, or load with CAP_PERFMON");
		return mbpf_reject(v, -EACCES, value_nr, "R%u leaks addr into map", value_nr);
	}
	mbpf_facts_leak(v, value);
	return 0;
}

static int reject_ctx_write(struct mbpf_verifier *v, const struct mbpf_reg *to, u32 nr, s32 off,
			    u32 size)
{
	mbpf_advise(v, "the context can only be read");
	return mbpf_reject(v, -EACCES, nr, "invalid bpf_context access off=%lld size=%u: write",
			   (long long)to->off + off, size);
}

int mbpf_verify_store(struct mbpf_verifier *v, const struct mbpf_insn *insn)
{
	const struct mbpf_reg *to = mbpf_verifier_reg(v, insn->dst);
	bool is_reg = MBPF_CLASS(insn->code) == MBPF_STX;
	u32 size = mbpf_size_bytes(insn->code);
	struct mbpf_reg imm __uninit, *value = &imm;
	int err;

	if (is_reg) {
		value = mbpf_verifier_reg(v, insn->src);
		if (value->type == MBPF_TYPE_NONE)
			return reject_type(v, value, insn->src);
		if (mbpf_reg_is_scalar(value) && !value->id && !mbpf_range_is_const(&value->range))
			value->id = ++v->ids;
	} else {
		mbpf_reg_set_const(value, (u64)(s64)insn->imm);
	}
	switch (to->type) {
	case MBPF_TYPE_CTX:
		err = reject_ctx_write(v, to, insn->dst, insn->off, size);
		break;
	case MBPF_TYPE_STACK:
		err = mbpf_stack_store(v, insn->dst, insn->off, size, value,
				       is_reg ? insn->src : MBPF_NR_REGS);
		break;
	case MBPF_TYPE_VALUE:
	case MBPF_TYPE_KEY:
	case MBPF_TYPE_RECORD:
		err = store_object(v, to, insn->dst, insn->off, size, value, insn->src);
		break;
	default:
		err = reject_type(v, to, insn->dst);
	}
	return err;
}

/* Atomics put a register's value into memory: it must be no address. */
static int check_operand(struct mbpf_verifier *v, u32 nr)
{
	const struct mbpf_reg *reg = mbpf_verifier_reg(v, nr);

	if (reg->type == MBPF_TYPE_NONE)
		return reject_type(v, reg, nr);
	if (!mbpf_reg_is_pointer(reg))
		return 0;
	if (!v->rules->perfmon) {
		mbpf_advise(v, "use a number, or load with CAP_PERFMON");
		return mbpf_reject(v, -EACCES, nr, "R%u leaks addr into mem", nr);
	}
	mbpf_facts_leak(v, reg);
	return 0;
}

static int check_atomic_place(struct mbpf_verifier *v, const struct mbpf_insn *insn, u32 size)
{
	const struct mbpf_reg to = *mbpf_verifier_reg(v, insn->dst);
	u64 align = to.range.bits.value | to.range.bits.mask | (u32)(to.off + insn->off);
	int err;

	switch (to.type) {
	case MBPF_TYPE_CTX:
		mbpf_advise(v, "the context can only be read");
		return mbpf_reject(v, -EACCES, insn->dst, "BPF_ATOMIC stores into R%u ctx is not allowed",
				   insn->dst);
	case MBPF_TYPE_STACK:
	case MBPF_TYPE_VALUE:
	case MBPF_TYPE_KEY:
	case MBPF_TYPE_RECORD:
		break;
	default:
		return reject_type(v, &to, insn->dst);
	}
	if (align & (size - 1)) {
		mbpf_advise(v, "atomics need an offset that %u divides", size);
		return mbpf_reject(v, -EACCES, insn->dst, "misaligned access off %d size %u",
				   to.off + insn->off, size);
	}
	if (to.type == MBPF_TYPE_STACK) {
		err = mbpf_stack_read(v, &to, insn->off, size, insn->dst);
		return err ? err : mbpf_stack_fill(v, &to, insn->off, size, true, insn->dst);
	}
	err = check_object(v, insn->dst, &to, insn->off, size, false);
	return err ? err : check_object(v, insn->dst, &to, insn->off, size, true);
}

int mbpf_verify_atomic(struct mbpf_verifier *v, const struct mbpf_insn *insn)
{
	u32 size = mbpf_size_bytes(insn->code);
	bool cmpxchg = insn->imm == MBPF_CMPXCHG;
	struct mbpf_reg *fetched;
	int err;

	err = check_operand(v, insn->src);
	if (!err && cmpxchg)
		err = check_operand(v, 0);
	if (!err)
		err = check_atomic_place(v, insn, size);
	if (err)
		return err;
	if (cmpxchg || insn->imm & MBPF_FETCH) {
		fetched = mbpf_verifier_reg(v, cmpxchg ? 0 : insn->src);
		mbpf_reg_set_bytes(fetched, size);
		fetched->set_at = v->cur->pc;
	}
	return 0;
}

int mbpf_verify_region(struct mbpf_verifier *v, u32 nr, u32 size, bool write, bool exact)
{
	const struct mbpf_reg *reg = mbpf_verifier_reg(v, nr);

	switch (reg->type) {
	case MBPF_TYPE_STACK:
		if (!size)
			return 0;
		return write ? mbpf_stack_fill(v, reg, 0, size, exact, nr) :
			       mbpf_stack_read(v, reg, 0, size, nr);
	case MBPF_TYPE_VALUE:
	case MBPF_TYPE_KEY:
	case MBPF_TYPE_RECORD:
		return check_object(v, nr, reg, 0, size, write);
	case MBPF_TYPE_CTX:
		mbpf_advise(v, "copy what is needed to the stack");
		return mbpf_reject(v, -EACCES, nr, "R%u type=ctx expected=fp, map_key, map_value", nr);
	case MBPF_TYPE_SCALAR:
		mbpf_advise(v, "pass the address of stack or of a map's value");
		return mbpf_reject(v, -EACCES, nr, "R%u type=scalar expected=fp, map_key, map_value", nr);
	default:
		return reject_type(v, reg, nr);
	}
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Helpers' arguments, judged by the helper's row. Arguments are taken in
 * order, so that the map is known when its key and value come, and memory when
 * its size comes.
 */
#include "verifier_state.h"

#define ID_MAP_UPDATE		2
#define ID_MAP_DELETE		3
#define ID_TAIL_CALL		12
#define ID_PERF_EVENT_OUTPUT	25
#define ID_GET_STACKID		27
#define ID_UNDER_CGROUP		37
#define ID_RINGBUF_OUTPUT	130
#define ID_RINGBUF_RESERVE	131
#define ID_RINGBUF_QUERY	134
#define ID_LOOKUP_PERCPU	195

static int expected(struct mbpf_verifier *v, u32 nr, const char *what, const char *advice)
{
	if (mbpf_verifier_reg(v, nr)->type == MBPF_TYPE_NONE) {
		mbpf_advise(v, "give r%u a value on every path that leads here", nr);
		return mbpf_reject(v, -EACCES, nr, "R%u !read_ok", nr);
	}
	mbpf_advise(v, "%s", advice);
	return mbpf_reject(v, -EACCES, nr, "R%u does not fit this helper: expected=%s", nr, what);
}

static int any_arg(struct mbpf_verifier *v, u32 nr, bool may_be_none)
{
	const struct mbpf_reg *reg = mbpf_verifier_reg(v, nr);

	if (reg->type == MBPF_TYPE_NONE)
		return may_be_none ? 0 : expected(v, nr, "any value", "");
	if (!mbpf_reg_is_pointer(reg))
		return 0;
	if (!v->rules->perfmon) {
		mbpf_advise(v, "pass a number, or load with CAP_PERFMON");
		return mbpf_reject(v, -EACCES, nr, "R%u leaks addr into helper function", nr);
	}
	mbpf_facts_leak(v, reg);
	return 0;
}

static int ctx_arg(struct mbpf_verifier *v, const struct mbpf_helper *helper, u32 nr)
{
	const struct mbpf_reg *reg = mbpf_verifier_reg(v, nr);

	if (reg->type != MBPF_TYPE_CTX || reg->off || !mbpf_range_is(&reg->range, 0))
		return expected(v, nr, "ctx", "pass the program's context as it came in r1");
	if (!(helper->flags & MBPF_HELPER_CTX_TOKEN))
		mbpf_facts_leak(v, reg);
	return 0;
}

/* Maps that only these helpers make use of, and these helpers only of them. */
static const struct {
	s32 helper;
	u32 type;
	const char *name;
} pairs[] = {
	{ ID_TAIL_CALL, MBPF_MAP_PROG_ARRAY, "a PROG_ARRAY" },
	{ ID_PERF_EVENT_OUTPUT, MBPF_MAP_PERF_EVENT_ARRAY, "a PERF_EVENT_ARRAY" },
	{ ID_GET_STACKID, MBPF_MAP_STACK_TRACE, "a STACK_TRACE" },
	{ ID_UNDER_CGROUP, MBPF_MAP_CGROUP_ARRAY, "a CGROUP_ARRAY" },
	{ ID_RINGBUF_OUTPUT, MBPF_MAP_RINGBUF, "a RINGBUF" },
	{ ID_RINGBUF_RESERVE, MBPF_MAP_RINGBUF, "a RINGBUF" },
	{ ID_RINGBUF_QUERY, MBPF_MAP_RINGBUF, "a RINGBUF" },
};

/* Their types, as bits. */
#define PAIRED_MAPS	(BIT_ULL(MBPF_MAP_PROG_ARRAY) | BIT_ULL(MBPF_MAP_PERF_EVENT_ARRAY) | \
			 BIT_ULL(MBPF_MAP_STACK_TRACE) | BIT_ULL(MBPF_MAP_CGROUP_ARRAY) | \
			 BIT_ULL(MBPF_MAP_RINGBUF))

/* What a helper's map must be, for the advice; NULL if it is that. */
static const char *other_map(const struct mbpf_map *map, s32 id)
{
	u32 i;

	/* Look-up, update and deletion are most calls by far. */
	for (i = 0; id > ID_MAP_DELETE && i < ARRAY_SIZE(pairs); i++)
		if (id == pairs[i].helper)
			return map->attr.type == pairs[i].type ? NULL : pairs[i].name;
	if (PAIRED_MAPS >> map->attr.type & 1)
		return "another kind of map";
	return id == ID_LOOKUP_PERCPU && !mbpf_map_is_percpu(map) ? "a per-CPU map" : NULL;
}

/* Some helpers work on some maps only, and maps can deny programs access. */
static int check_map_type(struct mbpf_verifier *v, const struct mbpf_helper *helper, u32 nr,
			  const struct mbpf_map *map)
{
	s32 id = v->code->insns[v->cur->pc].imm;
	const char *other = other_map(map, id);

	if (other) {
		mbpf_advise(v, "use %s", other);
		return mbpf_reject(v, -EINVAL, nr, "cannot pass map_type %u into func bpf_%s#%d",
				   map->attr.type, helper->name, id);
	}
	if ((id == ID_MAP_UPDATE || id == ID_MAP_DELETE) &&
	    map->attr.flags & MBPF_MAP_RDONLY_PROG) {
		mbpf_advise(v, "create the map without BPF_F_RDONLY_PROG");
		return mbpf_reject(v, -EACCES, nr, "write into map forbidden");
	}
	return 0;
}

static int map_arg(struct mbpf_verifier *v, const struct mbpf_helper *helper, u32 nr)
{
	const struct mbpf_reg *reg = mbpf_verifier_reg(v, nr);

	if (reg->type != MBPF_TYPE_MAP)
		return expected(v, nr, "map_ptr", "load the map with lddw, on every path");
	return check_map_type(v, helper, nr, v->code->maps[reg->index]);
}

/* The map among the arguments before @nr. */
static const struct mbpf_map *map_before(struct mbpf_verifier *v,
					 const struct mbpf_helper *helper, u32 nr)
{
	u32 i;

	for (i = 1; i < nr; i++)
		if (helper->arg[i - 1] == MBPF_ARG_MAP)
			return v->code->maps[mbpf_verifier_reg(v, i)->index];
	return NULL;
}

static int map_memory_arg(struct mbpf_verifier *v, const struct mbpf_helper *helper, u32 nr)
{
	const struct mbpf_map *map = map_before(v, helper, nr);
	bool key = helper->arg[nr - 1] == MBPF_ARG_MAP_KEY;

	if (!map)
		return mbpf_reject(v, -EFAULT, nr, "verifier bug: helper without map");
	return mbpf_verify_region(v, nr, key ? map->attr.key_size : map->attr.value_size, false,
				  true);
}

static bool is_memory(u8 arg)
{
	return arg == MBPF_ARG_MEM || arg == MBPF_ARG_MEM_NULL ||
	       arg == MBPF_ARG_MEM_UNINIT || arg == MBPF_ARG_MEM_UNINIT_NULL;
}

/* Memory whose size is in the next register. */
static noinline int sized_memory(struct mbpf_verifier *v, const struct mbpf_helper *helper, u32 size_nr)
{
	u8 arg = helper->arg[size_nr - 2];
	bool may_be_zero = helper->arg[size_nr - 1] == MBPF_ARG_SIZE_ZERO;
	bool may_be_null = arg == MBPF_ARG_MEM_NULL || arg == MBPF_ARG_MEM_UNINIT_NULL;
	bool write = arg == MBPF_ARG_MEM_UNINIT || arg == MBPF_ARG_MEM_UNINIT_NULL;
	const struct mbpf_reg *size = mbpf_verifier_reg(v, size_nr);
	struct mbpf_range range = size->range;

	if (!is_memory(arg))
		return mbpf_reject(v, -EFAULT, size_nr, "verifier bug: size without memory");
	if (!mbpf_reg_is_scalar(size))
		return expected(v, size_nr, "scalar", "pass the number of bytes");
	mbpf_need_reg(v, v->cur->pc, size_nr);
	if (range.smin < 0) {
		mbpf_advise(v, "make r%u unsigned, or check that it is not below 0", size_nr);
		return mbpf_reject(v, -EACCES, size_nr,
				   "R%u min value is negative, either use unsigned or 'var &= const'",
				   size_nr);
	}
	if (!range.umin && !may_be_zero) {
		mbpf_advise(v, "check that r%u is not 0", size_nr);
		return mbpf_reject(v, -EACCES, size_nr, "R%u invalid zero-sized read", size_nr);
	}
	if (range.umax >= MBPF_PTR_LIMIT) {
		mbpf_advise(v, "check r%u against the size of the memory", size_nr);
		return mbpf_reject(v, -EACCES, size_nr,
				   "R%u unbounded memory access, use 'var &= const' or 'if (var < const)'",
				   size_nr);
	}
	if (may_be_null && mbpf_reg_is_null(mbpf_verifier_reg(v, size_nr - 1))) {
		mbpf_need_reg(v, v->cur->pc, size_nr - 1);
		if (!range.umax)
			return 0;
	}
	return mbpf_verify_region(v, size_nr - 1, range.umax, write, mbpf_range_is_const(&range));
}

/* Text that nobody can change any more. */
static noinline int string_arg(struct mbpf_verifier *v, u32 nr)
{
	const struct mbpf_reg *reg = mbpf_verifier_reg(v, nr);
	const struct mbpf_map *map;
	s64 off;
	u64 addr;

	if (reg->type != MBPF_TYPE_VALUE)
		return expected(v, nr, "map_value", "pass a string constant");
	map = v->code->maps[reg->index];
	if (!map->frozen || !(map->attr.flags & MBPF_MAP_RDONLY_PROG)) {
		mbpf_advise(v, "put the string into .rodata, and freeze that map");
		return mbpf_reject(v, -EACCES, nr, "R%u does not point to a readonly map", nr);
	}
	off = reg->off + reg->range.smin;
	if (!mbpf_range_is_const(&reg->range) || off < 0 || off >= map->attr.value_size ||
	    mbpf_map_value_addr(map, off, &addr)) {
		mbpf_advise(v, "use a constant offset in an array map of one element");
		return mbpf_reject(v, -EACCES, nr, "R%u is not a constant address", nr);
	}
	if (!memchr((const void *)(unsigned long)addr, 0, map->attr.value_size - off)) {
		mbpf_advise(v, "end the string with a NUL byte");
		return mbpf_reject(v, -EINVAL, nr, "string in R%u is not zero-terminated", nr);
	}
	return 0;
}

/* How large a record shall be. */
static int const_size_arg(struct mbpf_verifier *v, u32 nr)
{
	const struct mbpf_reg *reg = mbpf_verifier_reg(v, nr);

	if (!mbpf_reg_is_scalar(reg))
		return expected(v, nr, "scalar", "pass the number of bytes");
	mbpf_need_reg(v, v->cur->pc, nr);
	if (!mbpf_range_is_const(&reg->range)) {
		mbpf_advise(v, "reserve a constant number of bytes, or use ringbuf_output");
		return mbpf_reject(v, -EACCES, nr, "R%u is not a known constant", nr);
	}
	if (reg->range.umax >= MBPF_PTR_LIMIT) {
		mbpf_advise(v, "reserve less than %u bytes", MBPF_PTR_LIMIT);
		return mbpf_reject(v, -EACCES, nr, "R%u unbounded memory access", nr);
	}
	return 0;
}

static int record_arg(struct mbpf_verifier *v, u32 nr)
{
	const struct mbpf_reg *reg = mbpf_verifier_reg(v, nr);

	if (reg->type != MBPF_TYPE_RECORD)
		return expected(v, nr, "ringbuf_mem",
				"pass a record as ringbuf_reserve returned it, once it is known not to be NULL");
	if (reg->off || !mbpf_range_is(&reg->range, 0)) {
		mbpf_advise(v, "pass the record's beginning");
		return mbpf_reject(v, -EINVAL, nr,
				   "R%u must have zero offset when passed to release func", nr);
	}
	return 0;
}

static int stack_or_null_arg(struct mbpf_verifier *v, u32 nr)
{
	const struct mbpf_reg *reg = mbpf_verifier_reg(v, nr);

	if (reg->type == MBPF_TYPE_STACK)
		return 0;
	if (!mbpf_reg_is_null(reg))
		return expected(v, nr, "fp, 0", "pass an address on the stack, or 0");
	mbpf_need_reg(v, v->cur->pc, nr);
	return 0;
}

static int check_arg(struct mbpf_verifier *v, const struct mbpf_helper *helper, u32 nr)
{
	const struct mbpf_reg *reg = mbpf_verifier_reg(v, nr);

	switch (helper->arg[nr - 1]) {
	case MBPF_ARG_ANY:
		return any_arg(v, nr, false);
	case MBPF_ARG_ANY_UNINIT:
		return any_arg(v, nr, true);
	case MBPF_ARG_SCALAR:
		return mbpf_reg_is_scalar(reg) ? 0 : expected(v, nr, "scalar", "pass a number");
	case MBPF_ARG_CTX:
		return ctx_arg(v, helper, nr);
	case MBPF_ARG_MAP:
		return map_arg(v, helper, nr);
	case MBPF_ARG_MAP_KEY:
	case MBPF_ARG_MAP_VALUE:
		return map_memory_arg(v, helper, nr);
	case MBPF_ARG_SIZE:
	case MBPF_ARG_SIZE_ZERO:
		return sized_memory(v, helper, nr);
	case MBPF_ARG_CONST_STR:
		return string_arg(v, nr);
	case MBPF_ARG_CALLBACK:
		return reg->type == MBPF_TYPE_FUNC ? 0 :
		       expected(v, nr, "func", "load the function's address with lddw");
	case MBPF_ARG_CONST_SIZE:
		return const_size_arg(v, nr);
	case MBPF_ARG_RECORD:
		return record_arg(v, nr);
	case MBPF_ARG_STACK_OR_NULL:
		return stack_or_null_arg(v, nr);
	default:
		/* Memory is judged with its size, which follows. */
		return 0;
	}
}

int mbpf_verify_args(struct mbpf_verifier *v, const struct mbpf_helper *helper)
{
	u32 nr;
	int err;

	for (nr = 1; nr <= ARRAY_SIZE(helper->arg) && helper->arg[nr - 1]; nr++) {
		err = check_arg(v, helper, nr);
		if (err)
			return err;
	}
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The gate in its first form: structure only. It holds stack accesses, jumps,
 * calls and call depth; it does not judge what other pointers point to.
 */
#include "verifier.h"
#include "helper.h"
#include "log.h"

struct check {
	struct mbpf_code *code;
	const struct mbpf_verify_rules *rules;
	struct mbpf_log *log;
};

static int check_stack_access(struct check *c, struct mbpf_subprog *sub, u32 i)
{
	const struct mbpf_insn *insn = &c->code->insns[i];
	u8 class = MBPF_CLASS(insn->code);
	u8 base = class == MBPF_LDX ? insn->src : insn->dst;
	u32 size = mbpf_size_bytes(insn->code);

	if (class != MBPF_LDX && class != MBPF_ST && class != MBPF_STX)
		return 0;
	if (base != MBPF_REG_FP)
		return 0;
	if (insn->off >= 0 || insn->off < -MBPF_STACK_SIZE || insn->off + (s32)size > 0 ||
	    insn->off & (s32)(size - 1)) {
		mbpf_log_printf(c->log,
				"insn %u: invalid stack access off=%d size=%u: use aligned offsets from r10-%u to r10-1\n",
				i, insn->off, size, MBPF_STACK_SIZE);
		return -EACCES;
	}
	sub->stack = max_t(u16, sub->stack, round_up(-insn->off, 8));
	return 0;
}

/* A pointer made from R10 may reach down to the constant added to it next. */
static int check_stack_pointer(struct check *c, struct mbpf_subprog *sub, u32 i)
{
	const struct mbpf_insn *insn = &c->code->insns[i];

	if (insn->code != (MBPF_ALU64 | MBPF_MOV | MBPF_X) || insn->src != MBPF_REG_FP)
		return 0;
	sub->stack = MBPF_STACK_SIZE;
	return 0;
}

static int check_insn(struct check *c, struct mbpf_subprog *sub, u32 i)
{
	const struct mbpf_insn *insn = &c->code->insns[i];
	const struct mbpf_helper *helper;
	int err;

	if (mbpf_insn_is_jump(insn) && c->code->aux[i].target <= i) {
		mbpf_log_printf(c->log, "insn %u: back-edge to insn %u\n", i,
				c->code->aux[i].target);
		return -EINVAL;
	}
	if (mbpf_insn_is_helper_call(insn)) {
		helper = mbpf_helper_find(insn->imm);
		if (!helper) {
			mbpf_log_printf(c->log, "insn %u: invalid func unknown#%d\n", i, insn->imm);
			return -EINVAL;
		}
		if ((helper->flags & MBPF_HELPER_GPL && !c->rules->gpl) ||
		    (c->rules->helper_allowed && !c->rules->helper_allowed(insn->imm))) {
			mbpf_log_printf(c->log, "insn %u: unknown func %s#%d: not for this program\n",
					i, helper->name, insn->imm);
			return -EINVAL;
		}
	}
	err = check_stack_pointer(c, sub, i);
	return err ? err : check_stack_access(c, sub, i);
}

static u32 sub_of(const struct mbpf_code *code, u32 start)
{
	u32 lo = 0, hi = code->nr_subs;

	while (hi - lo > 1) {
		u32 mid = lo + (hi - lo) / 2;

		if (code->subs[mid].start <= start)
			lo = mid;
		else
			hi = mid;
	}
	return lo;
}

/* Depth of each function from the main one, by rounds: recursion never settles. */
static int check_depth(struct check *c)
{
	struct mbpf_code *code = c->code;
	u32 round, s, i;
	u8 *depth, deepest = 0;
	bool changed = true;

	depth = kvcalloc(code->nr_subs, 1, GFP_KERNEL);
	if (!depth)
		return -ENOMEM;
	for (round = 0; changed && round <= MBPF_MAX_CALL_DEPTH; round++) {
		changed = false;
		for (s = 0; s < code->nr_subs; s++) {
			for (i = code->subs[s].start; i < code->subs[s].end;
			     i += mbpf_insn_slots(&code->insns[i])) {
				u32 t;

				if (!mbpf_insn_is_local_call(&code->insns[i]))
					continue;
				t = sub_of(code, code->aux[i].target);
				if (depth[t] >= depth[s] + 1)
					continue;
				depth[t] = depth[s] + 1;
				deepest = max(deepest, depth[t]);
				changed = true;
			}
		}
	}
	kvfree(depth);
	if (!changed && deepest < MBPF_MAX_CALL_DEPTH)
		return 0;
	mbpf_log_printf(c->log, "the call stack of more than %u frames is too deep\n",
			MBPF_MAX_CALL_DEPTH);
	return -E2BIG;
}

int mbpf_verify(struct mbpf_code *code, const struct mbpf_verify_rules *rules,
		struct mbpf_log *log, struct mbpf_verify_stats *stats)
{
	struct check c = { .code = code, .rules = rules, .log = log };
	u32 s, i;
	int err;

	for (i = 0; i < code->nr; i++)
		code->aux[i].live = U16_MAX;
	code->ctx_read = U64_MAX;
	for (s = 0; s < code->nr_subs; s++) {
		struct mbpf_subprog *sub = &code->subs[s];

		for (i = sub->start; i < sub->end; i += mbpf_insn_slots(&code->insns[i])) {
			err = check_insn(&c, sub, i);
			if (err)
				return err;
		}
	}
	err = check_depth(&c);
	if (err)
		return err;
	if (stats)
		*stats = (struct mbpf_verify_stats){ .processed = code->nr };
	mbpf_log_printf(log, "processed %u insns (limit %u)\n", code->nr, MBPF_MAX_INSNS);
	return 0;
}

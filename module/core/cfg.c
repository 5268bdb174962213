// SPDX-License-Identifier: GPL-2.0-only
/*
 * Control flow: which instructions form which function, where jumps land, and
 * that every instruction can be reached. Linear in the number of slots.
 */
#include "prog.h"
#include "helper.h"
#include "log.h"

/* Marks of a slot while the graph is built. */
#define MARK_START	0x01	/* a function begins here */
#define MARK_CALLBACK	0x02	/* its address is taken */

struct cfg {
	struct mbpf_code *code;
	struct mbpf_log *log;
	u8 *mark;		/* one per slot */
	u32 *from;		/* one per odd instruction: see reach() */
	u32 *stack;		/* odd instructions, from which the other way is to be taken */
	u32 nr_functions;
	bool doubt;		/* not all instructions are known to be reached */
};

static int mark_function(struct cfg *cfg, u32 i, u8 mark)
{
	struct mbpf_code *code = cfg->code;
	s64 target = (s64)i + 1 + code->insns[i].imm;

	if (target < 0 || target >= code->nr) {
		mbpf_log_printf(cfg->log,
				"insn %u: function at insn %lld lies outside the program of %u insns\n",
				i, (long long)target, code->nr);
		return -EINVAL;
	}
	code->aux[i].target = target;
	cfg->nr_functions += !(cfg->mark[target] & MARK_START);
	cfg->mark[target] |= mark;
	return 0;
}

/* Where functions begin. */
static int find_functions(struct cfg *cfg)
{
	struct mbpf_code *code = cfg->code;
	int err = 0;
	u32 k;

	cfg->mark[0] = MARK_START;
	cfg->nr_functions = 1;
	for (k = 0; k < code->nr_odd && !err; k++) {
		u32 i = code->odd[k];
		const struct mbpf_insn *insn = &code->insns[i];

		if (mbpf_insn_is_local_call(insn))
			err = mark_function(cfg, i, MARK_START);
		else if (mbpf_insn_is_func(insn))
			err = mark_function(cfg, i, MARK_START | MARK_CALLBACK);
	}
	return err;
}

static int build_subs(struct cfg *cfg)
{
	struct mbpf_code *code = cfg->code;
	struct mbpf_subprog *sub;
	u32 i;

	code->subs = kvcalloc(cfg->nr_functions, sizeof(*code->subs), GFP_KERNEL_ACCOUNT);
	if (!code->subs)
		return -ENOMEM;
	code->nr_subs = cfg->nr_functions;

	sub = code->subs;
	for (i = 0; i < code->nr && sub < code->subs + code->nr_subs; i++) {
		if (!(cfg->mark[i] & MARK_START))
			continue;
		if (code->aux[i].flags & MBPF_AUX_SECOND) {
			mbpf_log_printf(cfg->log,
					"insn %u: a function cannot begin inside an lddw\n", i);
			return -EINVAL;
		}
		sub->start = i;
		sub->is_callback = cfg->mark[i] & MARK_CALLBACK;
		if (i)
			sub[-1].end = i;
		sub++;
	}
	sub[-1].end = code->nr;
	return 0;
}

/* What belongs to which function. */
static int part(struct cfg *cfg)
{
	struct mbpf_code *code = cfg->code;
	int err;

	if (!code->has_functions) {
		code->only.end = code->nr;
		code->subs = &code->only;
		code->nr_subs = 1;
		return 0;
	}
	cfg->doubt = true;
	cfg->mark = mbpf_scratch_alloc(&code->scratch, code->nr);
	if (!cfg->mark)
		return -ENOMEM;
	memset(cfg->mark, 0, code->nr);
	err = find_functions(cfg);
	return err ?: build_subs(cfg);
}

static int bind_jump(struct cfg *cfg, struct mbpf_subprog *sub, u32 i)
{
	struct mbpf_code *code = cfg->code;
	s64 target = (s64)i + 1 + mbpf_insn_jump_distance(&code->insns[i]);

	if (target < sub->start || target >= sub->end) {
		mbpf_log_printf(cfg->log,
				"insn %u: jump out of range to insn %lld, the function is insns %u to %u\n",
				i, (long long)target, sub->start, sub->end - 1);
		return -EINVAL;
	}
	if (code->aux[target].flags & MBPF_AUX_SECOND) {
		mbpf_log_printf(cfg->log, "insn %u: jump into the middle of the lddw at insn %lld\n",
				i, (long long)target - 1);
		return -EINVAL;
	}
	code->aux[i].target = target;
	code->aux[target].flags |= MBPF_AUX_TARGET;
	sub->has_loop |= target <= i;
	return 0;
}

static void note_call(struct mbpf_code *code, struct mbpf_subprog *sub,
		      const struct mbpf_insn *insn)
{
	const struct mbpf_helper *helper;

	sub->has_call = true;
	if (!mbpf_insn_is_helper_call(insn))
		return;
	sub->has_helper_call = true;
	helper = mbpf_helper_find(insn->imm);
	if (helper && helper->flags & MBPF_HELPER_TAIL_CALL) {
		sub->has_tail_call = true;
		code->tail_call = true;
	}
}

/* Of plain code: all have a first register; the second is 0 where there is none. */
static u16 plain_registers(const struct mbpf_code *code, u32 from, u32 to)
{
	u32 used = 0;

	for (; from < to; from++)
		used |= 1u << code->insns[from].dst | 1u << code->insns[from].src;
	return used;
}

/*
 * Whether control can come to what is behind odd instruction @i, an exit or a jump
 * always made: by a jump that was bound before, as those from before @i were.
 */
static bool is_led_to(const struct mbpf_code *code, u32 i)
{
	return i + 1 == code->nr || code->aux[i + 1].flags & MBPF_AUX_TARGET;
}

/* Notes what @insn, an odd one, does and where it leads. */
static int scan_odd(struct cfg *cfg, struct mbpf_subprog *sub, const struct mbpf_insn *insn, u32 i)
{
	int err;

	if (mbpf_insn_is_lddw(insn)) {
		sub->used |= 1u << insn->dst;
		return 0;
	}
	if (insn->code == (MBPF_JMP | MBPF_CALL)) {
		sub->used |= mbpf_insn_mentions(insn);
		note_call(cfg->code, sub, insn);
		return 0;
	}
	/* An exit, or a jump: fields that mean no register are 0. */
	sub->used |= 1u << insn->dst | 1u << insn->src;
	if (!mbpf_insn_is_exit(insn)) {
		err = bind_jump(cfg, sub, i);
		if (err || MBPF_OP(insn->code) != MBPF_JA)
			return err;
	}
	cfg->doubt |= !is_led_to(cfg->code, i);
	return 0;
}

/* Binds the jumps of a function, the first of whose odd instructions is number *@k. */
static int scan_function(struct cfg *cfg, struct mbpf_subprog *sub, u32 *k)
{
	struct mbpf_code *code = cfg->code;
	u32 i, next = sub->start, last = sub->end - 1;
	bool only = code->nr_subs == 1;
	int err;

	sub->used = 1u << 0 | (only ? code->plain_used : 0);
	for (; *k < code->nr_odd && (i = code->odd[*k]) < sub->end; (*k)++) {
		const struct mbpf_insn *insn = &code->insns[i];

		if (!only)
			sub->used |= plain_registers(code, next, i);
		next = i + mbpf_insn_slots(insn);
		err = scan_odd(cfg, sub, insn, i);
		if (err)
			return err;
	}
	if (code->aux[last].flags & MBPF_AUX_SECOND)
		last--;
	if (!mbpf_insn_is_exit(&code->insns[last]) && !mbpf_insn_is_goto(&code->insns[last])) {
		mbpf_log_printf(cfg->log,
				"insn %u: last insn is not an exit or jmp: execution would fall off the end of the function at insn %u\n",
				last, sub->start);
		return -EINVAL;
	}
	return 0;
}

/*
 * The first odd instruction from @i on, which comes some way before or behind
 * odd instruction @near: steps from there are doubled, then halved.
 */
static u32 odd_from(const struct mbpf_code *code, u32 i, u32 near)
{
	const u32 *odd = code->odd;
	u32 low = near, high = near, step = 1, mid;

	for (; low && odd[low - 1] >= i; step *= 2)
		low -= min(low, step);
	for (step = 1; high < code->nr_odd && odd[high] < i; step *= 2)
		high += min(code->nr_odd - high, step);
	while (low < high) {
		mid = low + (high - low) / 2;
		if (odd[mid] < i)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/*
 * Goes on from @i, after which odd instruction @k is the next, until the way
 * ends or is known; where else it can go is put on the stack. Plain code is
 * known by how far before the odd instruction at its end it was entered.
 */
static void reach(struct cfg *cfg, u32 *depth, u32 i, u32 k)
{
	struct mbpf_code *code = cfg->code;
	const struct mbpf_insn *insn;
	bool known;

	for (; cfg->from[k] > i; i = code->odd[k++] + mbpf_insn_slots(insn)) {
		known = cfg->from[k] != U32_MAX;
		cfg->from[k] = i;
		if (known)
			return;
		insn = &code->insns[code->odd[k]];
		if (mbpf_insn_is_exit(insn))
			return;
		if (mbpf_insn_is_helper_call(insn) ||
		    (mbpf_insn_is_lddw(insn) && !mbpf_insn_is_func(insn)))
			continue;
		cfg->stack[(*depth)++] = k;
		if (mbpf_insn_is_goto(insn))
			return;
	}
}

/* Marks what some path leads to. */
static void follow(struct cfg *cfg)
{
	struct mbpf_code *code = cfg->code;
	u32 k, target, depth = 0;

	for (k = 0; k < code->nr_odd; k++)
		cfg->from[k] = U32_MAX;
	reach(cfg, &depth, 0, 0);
	while (depth) {
		k = cfg->stack[--depth];
		target = code->aux[code->odd[k]].target;
		reach(cfg, &depth, target, odd_from(code, target, k));
	}
}

/* Whatever no path leads to is a mistake of who built the program. */
static int check_reached(struct cfg *cfg)
{
	struct mbpf_code *code = cfg->code;
	u32 k, first = 0;
	int err = 0;

	cfg->from = mbpf_scratch_alloc(&code->scratch, 2 * code->nr_odd * sizeof(*cfg->from));
	if (!cfg->from)
		return -ENOMEM;
	cfg->stack = cfg->from + code->nr_odd;
	follow(cfg);
	for (k = 0; k < code->nr_odd; k++) {
		if (cfg->from[k] > first) {
			mbpf_log_printf(cfg->log,
					"insn %u: unreachable insn %u: no jump, call or fall-through leads here; remove it\n",
					first, first);
			err = -EINVAL;
			break;
		}
		first = code->odd[k] + mbpf_insn_slots(&code->insns[code->odd[k]]);
	}
	return err;
}

int mbpf_cfg_build(struct mbpf_code *code, struct mbpf_log *log)
{
	struct mbpf_scratch mark = code->scratch;
	struct cfg cfg = { .code = code, .log = log };
	int err = part(&cfg);
	u32 s, k = 0;

	for (s = 0; !err && s < code->nr_subs; s++)
		err = scan_function(&cfg, &code->subs[s], &k);
	if (!err && cfg.doubt)
		err = check_reached(&cfg);
	mbpf_scratch_reset(&code->scratch, &mark);
	return err;
}

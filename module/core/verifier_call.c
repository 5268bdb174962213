// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls and returns. A helper that calls a function back is a loop of which
 * the call is the head: before each round the helper may also return. Rounds
 * are executed until one begins with a state that an earlier one covers.
 */
#include "verifier_state.h"

#define ID_MAP_LOOKUP		1
#define ID_MAP_UPDATE		2
#define ID_PROBE_READ_STR	45
#define ID_GET_STACK		67
#define ID_PROBE_READ_USER_STR	114
#define ID_PROBE_READ_KERNEL_STR 115
#define ID_FOR_EACH_MAP_ELEM	164
#define ID_LOOP			181

static void clobber(struct mbpf_frame *frame)
{
	u32 i;

	for (i = 0; i <= 5; i++)
		mbpf_reg_set_none(&frame->regs[i]);
}

static noinline int call_local(struct mbpf_verifier *v, const struct mbpf_insn *insn)
{
	u32 pc = v->cur->pc, target = v->code->aux[pc].target;
	struct mbpf_frame *caller = mbpf_verifier_frame(v);
	int err;

	err = mbpf_state_enter(v, v->cur, mbpf_code_sub_at(v->code, target), pc);
	if (err)
		return err;
	mbpf_verifier_point(v, pc)->callee = mbpf_verifier_frame(v)->sub + 1;
	memcpy(&mbpf_verifier_frame(v)->regs[1], &caller->regs[1], 5 * sizeof(struct mbpf_reg));
	v->cur->pc = target;
	return 0;
}

static int check_allowed(struct mbpf_verifier *v, const struct mbpf_insn *insn,
			 const struct mbpf_helper *helper)
{
	if (!helper) {
		mbpf_advise(v, "this kernel module has no such helper: guard the call with a check that is known at load time");
		return mbpf_reject(v, -EINVAL, -1, "invalid func unknown#%d", insn->imm);
	}
	if (v->rules->helper_allowed && !v->rules->helper_allowed(insn->imm)) {
		mbpf_advise(v, "programs of this type cannot call it");
		return mbpf_reject(v, -EINVAL, -1, "unknown func bpf_%s#%d", helper->name, insn->imm);
	}
	if (helper->flags & MBPF_HELPER_PERFMON && !v->rules->perfmon) {
		mbpf_advise(v, "it reads kernel memory: load the program with CAP_PERFMON");
		return mbpf_reject(v, -EINVAL, -1, "unknown func bpf_%s#%d", helper->name, insn->imm);
	}
	if (helper->flags & MBPF_HELPER_WRITES_USER && !v->rules->write_user) {
		mbpf_advise(v, "it writes user memory: load the program with CAP_SYS_ADMIN");
		return mbpf_reject(v, -EINVAL, -1, "unknown func bpf_%s#%d", helper->name, insn->imm);
	}
	if (helper->flags & MBPF_HELPER_GPL && !v->rules->gpl) {
		mbpf_advise(v, "give the program a GPL-compatible license");
		return mbpf_reject(v, -EINVAL, -1,
				   "cannot call GPL-restricted function from non-GPL compatible program");
	}
	return 0;
}

static void note_map(struct mbpf_verifier *v)
{
	const struct mbpf_reg *reg = mbpf_verifier_reg(v, 1);

	mbpf_facts_call_map(v, reg->type == MBPF_TYPE_MAP ? reg->index + 1 : 0);
}

/*
 * Whether the key of an array's lookup or update is known to lie within it. A
 * number that tells so matters from then on, to this call.
 */
static bool key_fits(struct mbpf_verifier *v, u32 id)
{
	const struct mbpf_reg *map_reg = mbpf_verifier_reg(v, 1), *key = mbpf_verifier_reg(v, 2);
	const struct mbpf_map_attr *attr;
	struct mbpf_range range __uninit;
	s32 off;

	if (id != ID_MAP_LOOKUP && id != ID_MAP_UPDATE)
		return false;
	attr = &v->code->maps[map_reg->index]->attr;
	if (attr->type != MBPF_MAP_ARRAY && attr->type != MBPF_MAP_PERCPU_ARRAY)
		return false;
	if (!mbpf_stack_peek(v, key, sizeof(u32), &range) || range.umax >= attr->max_entries) {
		mbpf_facts_key(v, 0, U32_MAX);
		return false;
	}
	off = key->off + (s32)key->range.smin;
	mbpf_need_slots(v, v->cur->pc, mbpf_slot_mask(off, sizeof(u32)));
	mbpf_facts_key(v, range.umin, range.umax);
	return true;
}

/* Which argument is the most bytes that a helper copies, if it says how many it did; else 0. */
static u32 copy_size_arg(u32 id)
{
	switch (id) {
	case ID_PROBE_READ_STR:
	case ID_PROBE_READ_USER_STR:
	case ID_PROBE_READ_KERNEL_STR:
		return 2;
	case ID_GET_STACK:
		return 3;
	default:
		return 0;
	}
}

/* What R0 holds, from the arguments, which are about to go. */
static void set_result(struct mbpf_verifier *v, struct mbpf_frame *frame,
		       const struct mbpf_helper *helper, u32 id)
{
	struct mbpf_reg *res = &frame->regs[0];
	bool found = key_fits(v, id);
	u16 map = frame->regs[1].index;
	s64 size = frame->regs[copy_size_arg(id)].range.smax;

	clobber(frame);
	switch (helper->ret) {
	case MBPF_RET_MAP_VALUE_OR_NULL:
		mbpf_reg_set_pointer(res, MBPF_TYPE_VALUE_OR_NULL);
		res->index = map;
		res->id = ++v->ids;
		res->frame = found;
		break;
	case MBPF_RET_VOID:
		break;
	default:
		mbpf_reg_set_unknown(res);
		if (copy_size_arg(id)) {
			/* An errno or the bytes copied. */
			res->range.smin = -4095;
			res->range.smax = size;
			mbpf_range_sync(&res->range);
		}
	}
	res->set_at = v->cur->pc;
}

/* A helper that returns a record, of a size that its second argument says. */
static noinline int call_reserve(struct mbpf_verifier *v)
{
	struct mbpf_frame *frame = mbpf_verifier_frame(v);
	struct mbpf_reg res;
	int err;

	err = mbpf_ref_acquire(v, &res, frame->regs[2].range.umax);
	if (err)
		return err;
	clobber(frame);
	res.set_at = v->cur->pc;
	frame->regs[0] = res;
	v->cur->pc++;
	return 0;
}

static void callback_args(struct mbpf_frame *to, const struct mbpf_frame *from, u32 id)
{
	if (id == ID_LOOP) {
		mbpf_reg_set_unknown(&to->regs[1]);
		to->regs[2] = from->regs[3];
		return;
	}
	to->regs[1] = from->regs[1];
	mbpf_reg_set_pointer(&to->regs[2], MBPF_TYPE_KEY);
	to->regs[2].index = from->regs[1].index;
	mbpf_reg_set_pointer(&to->regs[3], MBPF_TYPE_VALUE);
	to->regs[3].index = from->regs[1].index;
	to->regs[4] = from->regs[3];
}

/* One more round, and none: the state that waits is in the callback. */
static noinline int call_back(struct mbpf_verifier *v, const struct mbpf_insn *insn,
		     const struct mbpf_helper *helper)
{
	struct mbpf_frame *frame = mbpf_verifier_frame(v);
	u32 pc = v->cur->pc, sub = frame->regs[helper->callback + 1].index;
	struct mbpf_vpoint *point = mbpf_verifier_point(v, pc);
	struct mbpf_state *in;
	int err;

	if (insn->imm != ID_LOOP && insn->imm != ID_FOR_EACH_MAP_ELEM)
		return mbpf_reject(v, -EFAULT, -1, "verifier bug: callback of an unknown helper");
	if (!point->callee)
		point->callee = sub + 1;
	else if (point->callee != sub + 1)
		point->callee = U32_MAX;
	in = mbpf_state_fork(v, pc);
	if (!in)
		return -ENOMEM;
	in->pc = v->code->subs[sub].start;
	err = mbpf_state_enter(v, in, sub, pc);
	if (err)
		return err;
	in->frame[in->nr_frames - 1]->round = v->cur->round;
	in->round = 0;
	in->callbacks++;
	callback_args(in->frame[in->nr_frames - 1], frame, insn->imm);

	v->cur->round = 0;
	set_result(v, frame, helper, insn->imm);
	v->cur->pc++;
	return 0;
}

static int check_tail_call(struct mbpf_verifier *v)
{
	u32 i;

	for (i = 0; i < v->cur->nr_frames; i++) {
		if (!v->cur->frame[i]->round)
			continue;
		mbpf_advise(v, "return from the callback and call the other program then");
		return mbpf_reject(v, -EINVAL, -1, "tail_call is not allowed in a callback");
	}
	return mbpf_ref_check_left(v, "tail_call would lead to reference leak: ");
}

static int call_helper(struct mbpf_verifier *v, const struct mbpf_insn *insn)
{
	const struct mbpf_helper *helper = mbpf_helper_find(insn->imm);
	int err;

	err = check_allowed(v, insn, helper);
	if (!err)
		err = mbpf_verify_args(v, helper);
	if (!err && helper->flags & MBPF_HELPER_TAIL_CALL)
		err = check_tail_call(v);
	if (!err && helper->arg[0] == MBPF_ARG_RECORD)
		err = mbpf_ref_release(v, 1);
	if (err)
		return err;
	note_map(v);
	if (helper->ret == MBPF_RET_RECORD_OR_NULL)
		return call_reserve(v);
	if (helper->iterate)
		return call_back(v, insn, helper);
	set_result(v, mbpf_verifier_frame(v), helper, insn->imm);
	v->cur->pc++;
	return 0;
}

int mbpf_verify_call(struct mbpf_verifier *v, const struct mbpf_insn *insn)
{
	return mbpf_insn_is_local_call(insn) ? call_local(v, insn) : call_helper(v, insn);
}

/* The main program returns. */
static int exit_main(struct mbpf_verifier *v)
{
	const struct mbpf_reg *r0 = mbpf_verifier_reg(v, 0);
	const struct mbpf_verify_rules *rules = v->rules;
	int err = mbpf_ref_check_left(v, "");

	if (err)
		return err;
	if (r0->type == MBPF_TYPE_NONE) {
		mbpf_advise(v, "set r0, the program's result, on every path");
		return mbpf_reject(v, -EACCES, 0, "R0 !read_ok");
	}
	if (mbpf_reg_is_pointer(r0) && !rules->perfmon) {
		mbpf_advise(v, "return a number");
		return mbpf_reject(v, -EACCES, 0, "R0 leaks addr as return value");
	}
	if (!rules->ret_min && !rules->ret_max)
		return 0;
	mbpf_need_reg(v, v->cur->pc, 0);
	if (mbpf_reg_is_scalar(r0) && r0->range.smin32 >= rules->ret_min &&
	    r0->range.smax32 <= rules->ret_max)
		return 0;
	mbpf_advise(v, "return a number from %d to %d", rules->ret_min, rules->ret_max);
	return mbpf_reject(v, -EINVAL, 0, "At program exit the register R0 should have been in [%d, %d]",
			   rules->ret_min, rules->ret_max);
}

static int exit_callback(struct mbpf_verifier *v, u32 round, u32 callsite)
{
	const struct mbpf_reg *r0 = mbpf_verifier_reg(v, 0);
	int err;

	mbpf_need_reg(v, v->cur->pc, 0);
	if (!mbpf_reg_is_scalar(r0) || r0->range.umax > 1) {
		mbpf_advise(v, "return 0 to go on or 1 to stop");
		return mbpf_reject(v, r0->type == MBPF_TYPE_NONE ? -EACCES : -EINVAL, 0,
				   r0->type == MBPF_TYPE_NONE ? "R0 !read_ok" :
				   "At callback return the register R0 should have been in [0, 1]");
	}
	err = mbpf_ref_check_left(v, "");
	if (err)
		return err;
	mbpf_state_leave(v, v->cur);
	v->cur->round = round;
	v->cur->pc = callsite;
	return 0;
}

/* Return: 0, 1 if the program ended here, or a rejection. */
int mbpf_verify_exit(struct mbpf_verifier *v)
{
	struct mbpf_frame *frame = mbpf_verifier_frame(v);
	struct mbpf_reg r0 = frame->regs[0];
	u32 callsite = frame->callsite;
	int err;

	if (v->cur->nr_frames == 1) {
		err = exit_main(v);
		return err ? err : 1;
	}
	if (frame->round)
		return exit_callback(v, frame->round, callsite);
	if (r0.type == MBPF_TYPE_STACK && r0.frame == v->cur->nr_frames - 1) {
		mbpf_advise(v, "the function's stack is gone when it returns: return a number");
		return mbpf_reject(v, -EINVAL, 0, "cannot return stack pointer to the caller");
	}
	mbpf_state_leave(v, v->cur);
	frame = mbpf_verifier_frame(v);
	clobber(frame);
	frame->regs[0] = r0;
	v->cur->pc = callsite + 1;
	return 0;
}

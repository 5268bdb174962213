// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the user reads: states as they are executed, and at the end of a
 * rejection the instruction, what the register in question held, how that
 * came about, and what to change.
 */
#include "verifier_state.h"
#include "disasm.h"

#define EXPLAIN_INSNS	5	/* instructions shown that led to a value */

/* Text under way, cut where the buffer ends. */
struct text {
	char buf[256];
	u32 len;
};

__printf(2, 3)
static void text_add(struct text *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	t->len += vscnprintf(t->buf + t->len, sizeof(t->buf) - t->len, fmt, ap);
	va_end(ap);
}

int mbpf_reject(struct mbpf_verifier *v, int err, int reg, const char *fmt, ...)
{
	va_list ap;

	v->bad_reg = reg;
	va_start(ap, fmt);
	vscnprintf(v->why->message, sizeof(v->why->message), fmt, ap);
	va_end(ap);
	return err;
}

void mbpf_advise(struct mbpf_verifier *v, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vscnprintf(v->why->advice, sizeof(v->why->advice), fmt, ap);
	va_end(ap);
}

static const char *helper_name(void *priv, u32 id)
{
	return mbpf_helper_name(id);
}

void mbpf_log_insn(struct mbpf_verifier *v, u32 pc)
{
	static const struct mbpf_disasm_names names = { .helper = helper_name };
	const struct mbpf_insn *insn = &v->code->insns[pc];
	char buf[128];

	mbpf_insn_disasm(buf, sizeof(buf), insn, &names);
	mbpf_log_printf(v->log, "%u: (%02x) %s\n", pc, insn->code, buf);
}

static void text_range(struct text *t, const struct mbpf_range *r)
{
	const char *sep = "";

	if (r->smin != S64_MIN && r->smin != (s64)r->umin) {
		text_add(t, "smin=%lld", (long long)r->smin);
		sep = ",";
	}
	if (r->smax != S64_MAX && r->smax != (s64)r->umax) {
		text_add(t, "%ssmax=%lld", sep, (long long)r->smax);
		sep = ",";
	}
	if (r->umin) {
		text_add(t, "%sumin=%llu", sep, (unsigned long long)r->umin);
		sep = ",";
	}
	if (r->umax != U64_MAX) {
		text_add(t, "%sumax=%llu", sep, (unsigned long long)r->umax);
		sep = ",";
	}
	if (r->umax > U32_MAX && r->umin32) {
		text_add(t, "%sumin32=%u", sep, r->umin32);
		sep = ",";
	}
	if (r->umax > U32_MAX && r->umax32 != U32_MAX) {
		text_add(t, "%sumax32=%u", sep, r->umax32);
		sep = ",";
	}
	if (r->bits.mask != U64_MAX)
		text_add(t, "%svar_off=(0x%llx; 0x%llx)", sep, (unsigned long long)r->bits.value,
		    (unsigned long long)r->bits.mask);
}

static void text_map(struct text *t, const struct mbpf_verifier *v, const char *what,
		    const struct mbpf_reg *reg)
{
	const struct mbpf_map_attr *attr = &v->code->maps[reg->index]->attr;

	text_add(t, "%s(map=%s,ks=%u,vs=%u", what, attr->name, attr->key_size, attr->value_size);
	if (reg->off)
		text_add(t, ",off=%d", reg->off);
	if (reg->type == MBPF_TYPE_VALUE_OR_NULL)
		text_add(t, ",id=%u", reg->id);
	if (!mbpf_range_is_const(&reg->range)) {
		text_add(t, ",");
		text_range(t, &reg->range);
	}
	text_add(t, ")");
}

static void text_reg(struct text *t, const struct mbpf_verifier *v, const struct mbpf_reg *reg)
{
	switch (reg->type) {
	case MBPF_TYPE_NONE:
		text_add(t, "not written");
		return;
	case MBPF_TYPE_SCALAR:
		if (mbpf_range_is_const(&reg->range)) {
			text_add(t, "%lld", (long long)reg->range.smin);
			return;
		}
		text_add(t, "scalar(");
		text_range(t, &reg->range);
		text_add(t, ")");
		return;
	case MBPF_TYPE_CTX:
		text_add(t, "ctx");
		break;
	case MBPF_TYPE_STACK:
		text_add(t, "fp");
		if (reg->frame)
			text_add(t, "[%u]", reg->frame);
		break;
	case MBPF_TYPE_MAP:
		text_map(t, v, "map_ptr", reg);
		return;
	case MBPF_TYPE_VALUE:
		text_map(t, v, "map_value", reg);
		return;
	case MBPF_TYPE_VALUE_OR_NULL:
		text_map(t, v, "map_value_or_null", reg);
		return;
	case MBPF_TYPE_KEY:
		text_map(t, v, "map_key", reg);
		return;
	case MBPF_TYPE_RECORD:
	case MBPF_TYPE_RECORD_OR_NULL:
		text_add(t, "ringbuf_mem%s(ref=%u)",
			 reg->type == MBPF_TYPE_RECORD ? "" : "_or_null", reg->id);
		break;
	case MBPF_TYPE_FUNC:
		text_add(t, "func(insn %u)", v->code->subs[reg->index].start);
		return;
	}
	if (reg->off || reg->type == MBPF_TYPE_STACK)
		text_add(t, "%+d", reg->off);
	if (!mbpf_range_is_const(&reg->range)) {
		text_add(t, "+(");
		text_range(t, &reg->range);
		text_add(t, ")");
	}
}

void mbpf_log_state(struct mbpf_verifier *v)
{
	const struct mbpf_frame *frame = mbpf_verifier_frame(v);
	struct text t = { .len = 0 };
	u32 i;

	mbpf_log_printf(v->log, "%u:", v->cur->pc);
	if (v->cur->nr_frames > 1)
		mbpf_log_printf(v->log, " frame%u:", v->cur->nr_frames - 1);
	for (i = 0; i < MBPF_NR_REGS; i++) {
		if (frame->regs[i].type == MBPF_TYPE_NONE)
			continue;
		t.len = 0;
		text_reg(&t, v, &frame->regs[i]);
		mbpf_log_printf(v->log, " R%u=%s", i, t.buf);
	}
	for (i = 0; i < frame->nr_slots; i++) {
		u32 at = mbpf_slot_reg_at(&frame->slots[i]);

		if (at == 8)
			continue;
		t.len = 0;
		text_reg(&t, v, &frame->slots[i].reg);
		mbpf_log_printf(v->log, " fp-%u=%s", (i + 1) * 8 - at, t.buf);
	}
	mbpf_log_printf(v->log, "\n");
}

bool mbpf_trail_at(const struct mbpf_verifier *v, u32 back, u32 *pc)
{
	const struct mbpf_trail *trail = &v->cur->trail;
	u32 n, run;

	if (back >= MBPF_TRAIL)
		return false;
	for (n = 1; n <= min_t(u64, trail->end, MBPF_TRAIL_RUNS); n++) {
		run = trail->run[(trail->end - n) % MBPF_TRAIL_RUNS];
		if (back >= run >> 24) {
			back -= run >> 24;
			continue;
		}
		for (*pc = run & MBPF_TRAIL_LAST; back; back--)
			*pc -= v->code->aux[*pc - 1].flags & MBPF_AUX_SECOND ? 2 : 1;
		return true;
	}
	return false;
}

/*
 * The last instructions that the value in @reg was made by, found by going
 * back along the path within the function; the latest comes first.
 */
static u32 find_makers(const struct mbpf_verifier *v, u32 reg, u32 *makers)
{
	u32 back, pc, n = 0;
	u16 wanted = 1u << reg;

	/* The last entry is the rejected instruction itself. */
	for (back = 1; n < EXPLAIN_INSNS && wanted && mbpf_trail_at(v, back, &pc); back++) {
		const struct mbpf_insn *insn = &v->code->insns[pc];
		u16 defs = mbpf_insn_defs(insn);

		if (mbpf_insn_is_exit(insn) || mbpf_insn_is_local_call(insn))
			break;
		if (mbpf_insn_is_jump(insn) && !mbpf_insn_is_goto(insn) &&
		    (wanted >> insn->dst & 1)) {
			makers[n++] = pc;
			continue;
		}
		if (!(defs & wanted))
			continue;
		makers[n++] = pc;
		wanted &= ~defs;
		if (!mbpf_insn_is_helper_call(insn))
			wanted |= mbpf_insn_uses(insn) & ~(1u << MBPF_REG_FP);
	}
	return n;
}

/* The source of an instruction, as in-tree shows it, unless it is that of the last. */
static void log_source(struct mbpf_verifier *v, const char *indent, u32 pc, u32 *last)
{
	struct mbpf_source_line at;

	if (!v->rules->find_line || !v->rules->find_line(v->rules->line_priv, pc, &at) ||
	    at.line == *last)
		return;
	*last = at.line;
	mbpf_log_printf(v->log, MBPF_SOURCE_LINE, indent, at.text, at.file, at.line);
}

static void explain_reg(struct mbpf_verifier *v)
{
	const struct mbpf_reg *reg = mbpf_verifier_reg(v, v->bad_reg);
	u32 makers[EXPLAIN_INSNS], n, line = 0;
	struct text t = { .len = 0 };

	text_reg(&t, v, reg);
	mbpf_log_printf(v->log, "R%d is %s\n", v->bad_reg, t.buf);
	n = find_makers(v, v->bad_reg, makers);
	if (n) {
		mbpf_log_printf(v->log, "R%d came from:\n", v->bad_reg);
	} else if (reg->set_at && reg->type != MBPF_TYPE_NONE) {
		mbpf_log_printf(v->log, "R%d was last set by:\n", v->bad_reg);
		makers[n++] = reg->set_at;
	}
	while (n--) {
		log_source(v, "  ", makers[n], &line);
		mbpf_log_printf(v->log, "  ");
		mbpf_log_insn(v, makers[n]);
	}
}

void mbpf_explain(struct mbpf_verifier *v)
{
	u32 line = 0;

	if (!v->log || !v->log->level || !v->why->message[0])
		return;
	if (v->cur) {
		log_source(v, "", v->cur->pc, &line);
		mbpf_log_printf(v->log, "rejected at insn ");
		mbpf_log_insn(v, v->cur->pc);
	}
	mbpf_log_printf(v->log, "%s\n", v->why->message);
	if (v->cur && v->bad_reg >= 0)
		explain_reg(v);
	if (v->why->advice[0])
		mbpf_log_printf(v->log, "to fix it: %s\n", v->why->advice);
}

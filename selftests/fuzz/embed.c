// SPDX-License-Identifier: GPL-2.0-only
/* See embed.h. */
#include <setjmp.h>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#endif

#include "embed.h"
#include "interp.h"
#include "verifier_state.h"

#define MAX_SNAPS	100000	/* of a program; with more it is not checked */
#define MAX_STEPS	2000000	/* of a run; the verifier allows 1000000 and callbacks' rounds */

/* How a run is given up: it left its states, or takes too long. */
enum { LEFT = 1, CUT };

/* A recorded state. */
struct snap {
	struct snap *next;
	u32 nr_frames;
	struct mbpf_frame *frame[MBPF_MAX_CALL_DEPTH];
};

/* What the verifier knew of an instruction at the end. */
struct note {
	struct snap *snaps;
	u64 slots_live;
	u16 live;
};

static struct {
	struct note *notes;
	u32 nr;
	u32 nr_snaps;
	bool exact;
	struct unit_row *row;
	u64 ctx;
	const struct mbpf_code *code;
	u64 steps;
	const struct mbpf_interp_frame *last;	/* executed, and where */
	u32 last_pc;
	jmp_buf bad;
	char why[256];
} now;

struct embed_count embed_count;

static void record(const struct mbpf_verifier *v)
{
	struct snap *s;
	u32 f;

	if (++now.nr_snaps > MAX_SNAPS)
		return;
	s = calloc(1, sizeof(*s));
	s->nr_frames = v->cur->nr_frames;
	for (f = 0; f < s->nr_frames; f++) {
		const struct mbpf_frame *from = v->cur->frame[f];
		size_t regs = sizeof(*from) + from->nr_regs * sizeof(struct mbpf_reg);
		size_t size = regs + from->nr_slots * sizeof(struct mbpf_slot);

		s->frame[f] = malloc(size);
		memcpy(s->frame[f], from, size);
		s->frame[f]->slots = (void *)((char *)s->frame[f] + regs);
	}
	s->next = now.notes[v->cur->pc].snaps;
	now.notes[v->cur->pc].snaps = s;
}

static void keep_notes(const struct mbpf_verifier *v)
{
	u32 i;

	for (i = 0; i < now.nr; i++) {
		now.notes[i].slots_live = mbpf_verifier_slots(v, i)->live;
		now.notes[i].live = v->insn[i].live;
	}
}

void embed_record(u32 nr_insns, bool exact)
{
	now.notes = calloc(nr_insns, sizeof(*now.notes));
	now.nr = nr_insns;
	now.nr_snaps = 0;
	now.exact = exact;
	mbpf_verifier_exact = exact;
	mbpf_verifier_trace = record;
	mbpf_verifier_done = keep_notes;
}

void embed_forget(void)
{
	struct snap *s;
	u32 i, f;

	mbpf_verifier_trace = NULL;
	mbpf_verifier_done = NULL;
	for (i = 0; i < now.nr; i++) {
		while ((s = now.notes[i].snaps)) {
			now.notes[i].snaps = s->next;
			for (f = 0; f < s->nr_frames; f++)
				free(s->frame[f]);
			free(s);
		}
	}
	free(now.notes);
	now.notes = NULL;
	now.nr = 0;
}

static const struct mbpf_map *map_at(u32 index)
{
	return now.code->maps[index];
}

static u64 array_value(const struct mbpf_map *map)
{
	u64 addr;

	return mbpf_map_value_addr(map, 0, &addr) ? 0 : addr;
}

/* Whether @value is a pointer into a value of the map, moved as @reg says. */
static bool is_value(const struct mbpf_reg *reg, u64 value)
{
	u64 base = array_value(map_at(reg->index));

	/* Elements of other maps move about: their bounds are what ASan knows. */
	return !base || mbpf_range_has(&reg->range, value - base - reg->off);
}

static bool lies_in(const struct mbpf_reg *reg, u64 value,
		    const struct mbpf_interp_frame *const *frames, bool matters)
{
	embed_count.values++;
	switch (reg->type) {
	case MBPF_TYPE_SCALAR:
		return !matters || mbpf_range_has(&reg->range, value);
	case MBPF_TYPE_CTX:
		return mbpf_range_has(&reg->range, value - now.ctx - reg->off);
	case MBPF_TYPE_STACK:
		return mbpf_range_has(&reg->range,
				      value - frames[reg->frame]->regs[MBPF_REG_FP] - reg->off);
	case MBPF_TYPE_MAP:
		return value == (u64)(unsigned long)map_at(reg->index);
	case MBPF_TYPE_VALUE_OR_NULL:
		return !value || is_value(reg, value);
	case MBPF_TYPE_VALUE:
		return value && is_value(reg, value);
	default:
		return true;
	}
}

static bool slot_lies_in(const struct mbpf_slot *slot, u64 value,
			 const struct mbpf_interp_frame *const *frames, bool matters)
{
	struct mbpf_reg reg = slot->reg;
	u32 i, n = 0;

	if (slot->byte[MBPF_HALF] == MBPF_BYTE_HIGH &&
	    !lies_in(&reg, value >> 32, frames, matters))
		return false;
	while (n < 8 && slot->byte[n] == MBPF_BYTE_SPILL)
		n++;
	for (i = n; i < 8; i++)
		if (slot->byte[i] == MBPF_BYTE_ZERO && matters && (u8)(value >> (8 * i)))
			return false;
	if (!n)
		return true;
	if (n == 8)
		return lies_in(&reg, value, frames, matters);
	/* Its lowest bytes are what is left of a register. */
	mbpf_range_zext(&reg.range, n * 8);
	return lies_in(&reg, value & ((1ULL << (8 * n)) - 1), frames, matters);
}

static bool frame_lies_in(const struct snap *s, u32 f,
			  const struct mbpf_interp_frame *const *frames)
{
	bool top = f == s->nr_frames - 1;
	const struct note *note = &now.notes[top ? frames[f]->pc : s->frame[f + 1]->callsite];
	u16 live = top ? note->live : note->live & 0x03c0;
	const struct mbpf_frame *frame = s->frame[f];
	u32 i, k;

	for (i = 0; i < MBPF_REG_FP; i++) {
		const struct mbpf_reg *reg = &frame->regs[i];

		if (!(live >> i & 1) || reg->type == MBPF_TYPE_NONE)
			continue;
		if (!lies_in(reg, frames[f]->regs[i], frames, now.exact)) {
			snprintf(now.why, sizeof(now.why), "frame %u: r%u is 0x%llx", f, i,
				 (unsigned long long)frames[f]->regs[i]);
			return false;
		}
		/* Same id, same value. */
		for (k = 0; k < i && reg->id && now.exact && mbpf_reg_is_scalar(reg); k++)
			if (frame->regs[k].id == reg->id && mbpf_reg_is_scalar(&frame->regs[k]) &&
			    live >> k & 1 &&
			    frames[f]->regs[k] != frames[f]->regs[i]) {
				snprintf(now.why, sizeof(now.why), "r%u and r%u differ", k, i);
				return false;
			}
	}
	for (i = 0; i < frame->nr_slots; i++) {
		u64 value;

		if (!(note->slots_live >> i & 1))
			continue;
		memcpy(&value, frames[f]->stack + MBPF_STACK_SIZE - 8 * (i + 1), 8);
		if (!slot_lies_in(&frame->slots[i], value, frames, now.exact)) {
			snprintf(now.why, sizeof(now.why), "frame %u: fp-%u is 0x%llx", f,
				 8 * (i + 1), (unsigned long long)value);
			return false;
		}
	}
	return true;
}

static bool snap_holds(const struct snap *s, u32 nr,
		       const struct mbpf_interp_frame *const *frames)
{
	u32 f;

	if (s->nr_frames != nr)
		return false;
	for (f = 1; f < nr; f++)
		if (s->frame[f]->callsite != frames[f - 1]->pc)
			return false;
	for (f = 0; f < nr; f++)
		if (!frame_lies_in(s, f, frames))
			return false;
	return true;
}

__attribute__((noreturn))
static void fail(const struct mbpf_interp_frame *top, const char *what)
{
	printf("# insn %u: %s: %s\n", top->pc, what, now.why);
	longjmp(now.bad, LEFT);
}

static bool in(u64 addr, u32 size, u64 start, u64 room)
{
	return start && addr >= start && addr + size <= start + room;
}

static void check_access(const struct mbpf_interp_frame *const *frames, u32 nr,
			 const struct mbpf_insn *insn)
{
	const struct mbpf_interp_frame *top = frames[nr - 1];
	u8 class = MBPF_CLASS(insn->code);
	u32 size = mbpf_size_bytes(insn->code), f;
	u64 addr = top->regs[class == MBPF_LDX ? insn->src : insn->dst] + insn->off;

	embed_count.accesses++;
	for (f = 0; f < nr; f++)
		if (in(addr, size, (u64)(unsigned long)frames[f]->stack, MBPF_STACK_SIZE))
			return;
	if (class == MBPF_LDX && in(addr, size, now.ctx, UNIT_CTX_SIZE))
		return;
	for (f = 0; f < now.row->nr_maps; f++) {
		const struct mbpf_map *map = now.row->maps[f];

		if (in(addr, size, array_value(map), map->attr.value_size))
			return;
#ifdef __SANITIZE_ADDRESS__
		if (map->attr.type == MBPF_MAP_HASH &&
		    !__asan_region_is_poisoned((void *)(unsigned long)addr, size))
			return;
#else
		if (map->attr.type == MBPF_MAP_HASH)
			return;
#endif
	}
	snprintf(now.why, sizeof(now.why), "0x%llx, %u bytes", (unsigned long long)addr, size);
	fail(top, "access outside of all objects");
}

/* What the back ends are told: this way a jump always goes, this is never run. */
static void check_facts(const struct mbpf_interp_frame *top)
{
	const struct mbpf_insn_aux *aux = &now.code->aux[now.last_pc];
	u32 next = now.last_pc + 1;

	snprintf(now.why, sizeof(now.why), "after insn %u", now.last_pc);
	if (now.code->aux[top->pc].flags & MBPF_AUX_DEAD)
		fail(top, "executed, and said to be dead");
	if (now.last != top)
		return;
	if (aux->flags & MBPF_AUX_TAKEN && top->pc != aux->target)
		fail(top, "a jump was not taken");
	if (aux->flags & MBPF_AUX_NOT_TAKEN && top->pc != next)
		fail(top, "a jump was taken");
	if (aux->flags & MBPF_AUX_CONST &&
	    top->regs[now.code->insns[now.last_pc].dst] != aux->value)
		fail(top, "a constant is none");
}

static void check_key(const struct mbpf_interp_frame *top)
{
	const struct mbpf_insn_aux *aux = &now.code->aux[top->pc];
	u32 key;

	if (!(aux->flags & (MBPF_AUX_KEY | MBPF_AUX_KEY_CONST)))
		return;
	memcpy(&key, (void *)(unsigned long)top->regs[2], sizeof(key));
	snprintf(now.why, sizeof(now.why), "%u, and it was to be %u", key, aux->key);
	if (key > aux->key || (aux->flags & MBPF_AUX_KEY_CONST && key != aux->key))
		fail(top, "the key of a call");
}

/* loop() may go round 8388608 times, and in a callback again: that does end. */
static bool has_callbacks(void)
{
	u32 i;

	for (i = 0; i < now.code->nr_subs; i++)
		if (now.code->subs[i].is_callback)
			return true;
	return false;
}

static void check(const struct mbpf_interp_frame *top)
{
	const struct mbpf_interp_frame *frames[MBPF_MAX_CALL_DEPTH], *at;
	const struct mbpf_insn *insn = &now.code->insns[top->pc];
	const struct snap *s;
	u32 nr = 0, f;

	if (&top->prog->code != now.code)
		return;
	if (++now.steps > MAX_STEPS) {
		if (has_callbacks())
			longjmp(now.bad, CUT);
		fail(top, "the program does not end");
	}
	for (at = top; at; at = at->caller)
		nr++;
	for (at = top, f = nr; at; at = at->caller)
		frames[--f] = at;
	embed_count.insns++;
	check_facts(top);
	check_key(top);
	now.last = top;
	now.last_pc = top->pc;
	snprintf(now.why, sizeof(now.why), "no state was recorded");
	for (s = now.notes[top->pc].snaps; s; s = s->next)
		if (snap_holds(s, nr, frames))
			break;
	if (!s)
		fail(top, "the state is none that the verifier saw");
	if (MBPF_CLASS(insn->code) >= MBPF_LDX && MBPF_CLASS(insn->code) <= MBPF_STX)
		check_access(frames, nr, insn);
}

bool embed_run(struct unit_row *r, void *ctx)
{
	volatile bool ok = true;

	if (now.nr_snaps > MAX_SNAPS)
		return true;
	now.row = r;
	now.code = &r->progs[0].prog.code;
	now.ctx = (u64)(unsigned long)ctx;
	now.steps = 0;
	now.last = NULL;
	now.last_pc = 0;
	mbpf_interp_trace = check;
	switch (setjmp(now.bad)) {
	case 0:
		mbpf_prog_run(&r->progs[0].prog, ctx);
		break;
	case LEFT:
		ok = false;
		break;
	}
	mbpf_interp_trace = NULL;
	return ok;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The verifier's picture of a running program, and what its files offer each
 * other. Nothing outside verifier_*.c (and its tests) includes this.
 */
#ifndef MBPF_VERIFIER_STATE_H
#define MBPF_VERIFIER_STATE_H

#include "verifier.h"
#include "range.h"
#include "helper.h"
#include "log.h"
#include "map.h"

#define MBPF_NR_SLOTS		(MBPF_STACK_SIZE / 8)
#define MBPF_STATE_MEMORY	(128UL << 20)	/* bytes that states may take */
#define MBPF_PTR_LIMIT		(1 << 29)	/* how far a pointer may be moved */
#define MBPF_TRAIL		32		/* instructions of a path that are looked back at */
#define MBPF_TRAIL_RUNS		16		/* runs of them that are remembered */

/* What a register holds. */
enum mbpf_type {
	MBPF_TYPE_NONE,		/* nothing was written */
	MBPF_TYPE_SCALAR,
	MBPF_TYPE_CTX,
	MBPF_TYPE_STACK,
	MBPF_TYPE_MAP,		/* a map itself */
	MBPF_TYPE_VALUE,	/* memory of a map's value */
	MBPF_TYPE_VALUE_OR_NULL,
	MBPF_TYPE_KEY,		/* a map's key as for_each_map_elem() hands it out */
	MBPF_TYPE_FUNC,		/* a function to call back */
	MBPF_TYPE_RECORD,	/* a ring buffer's, reserved and not given back; see mbpf_ref */
	MBPF_TYPE_RECORD_OR_NULL,
};

/**
 * struct mbpf_reg - abstract value of a register or of a spilled one
 * @type: enum mbpf_type
 * @frame: STACK: whose; VALUE_OR_NULL: 1 if it is certain not to be NULL
 * @index: MAP, VALUE*, KEY: index into mbpf_code.maps; FUNC: into mbpf_code.subs
 * @id: not 0: all registers with this id hold the same scalar, or come from
 *      the same lookup and are all NULL or all not. RECORD*: mbpf_ref.id
 * @off: pointers: fixed distance from the beginning of the object (STACK:
 *       from that frame's R10)
 * @set_at: instruction that wrote it, for explanations only
 * @range: SCALAR: its value; pointers: what was added besides @off
 */
struct mbpf_reg {
	u8 type;
	u8 frame;
	u16 index;
	u32 id;
	s32 off;
	u32 set_at;
	struct mbpf_range range;
};

/* What a byte of stack holds. */
enum mbpf_byte {
	MBPF_BYTE_NONE,		/* nothing was written */
	MBPF_BYTE_ZERO,
	MBPF_BYTE_DATA,		/* anything but a pointer */
	MBPF_BYTE_SPILL,	/* part of mbpf_slot.reg, whose lowest byte is the slot's */
	MBPF_BYTE_HIGH,		/* part of it, a scalar of 4 bytes that is the slot's upper half */
};

#define MBPF_HALF	4	/* bytes; where that begins */

/**
 * struct mbpf_slot - 8 bytes of stack, aligned
 * @byte: enum mbpf_byte of each, lowest address first
 * @bytes: all of them at once
 * @reg: the register of which some are part: the lowest bytes, or the upper half
 */
struct mbpf_slot {
	union {
		u8 byte[8];
		u64 bytes;
	};
	struct mbpf_reg reg;
};

/**
 * struct mbpf_frame - an active function
 * @regs: R0 to R10; while the function waits for a callee, R1 to R5 are those
 *        of the call
 * @callsite: instruction that called it; the frame below continues there
 * @sub: index of the function
 * @round: 0, or for a callback the execution of the helper call that called it
 * @nr_slots: slots there are; those further from R10 hold nothing
 * @slots: slot 0 is next to R10; behind @regs
 * @nr_regs: registers there are: all, but in executions that wait and in saved
 *           states those that are live
 * @place: where in @regs each is, or MBPF_NOWHERE
 * @places: all of them at once
 */
struct mbpf_frame {
	u32 callsite;
	u32 sub;
	u32 round;
	u32 nr_slots;
	struct mbpf_slot *slots;
	u8 nr_regs;
	union {
		u8 place[MBPF_NR_REGS];
		u64 places[2];
	};
	struct mbpf_reg regs[];
};

#define MBPF_NOWHERE	U8_MAX
#define MBPF_ALL_NOWHERE U64_MAX	/* in @places */

/**
 * struct mbpf_ref - something that the program has to give back
 * @id: mbpf_reg.id of the pointers to it
 * @size: its bytes
 * @at: instruction that returned it
 * @level: callbacks that were running; those called back later have to leave it
 */
struct mbpf_ref {
	u32 id;
	u32 size;
	u32 at;
	u32 level;
};

#define MBPF_MAX_REFS	8	/* at one time */

/**
 * struct mbpf_trail - how an execution came where it is
 * @end: entries ever made in @run
 * @run: a ring: the last of instructions that followed each other, and in the upper
 *       8 bits how many of them, MBPF_TRAIL at most
 */
struct mbpf_trail {
	u64 end;
	u32 run[MBPF_TRAIL_RUNS];
};

#define MBPF_TRAIL_LAST	0xffffff	/* the instruction, of an entry */

/**
 * struct mbpf_state - one abstract execution at one moment
 * @next: in the list of executions that wait to be continued
 * @pc: instruction that comes next
 * @nr_frames: active functions
 * @round: not 0: @pc is a helper call whose callback has just returned; which
 *         execution of that call it is
 * @callbacks: callbacks entered on this path
 * @fresh: instructions since a state was last saved on this path
 * @nr_refs: what is to be given back, in the order in which it came
 * @has_trail: saved states have none
 * @top: of the current execution: the running function
 * @frame: the active functions; the last is running
 * @refs: what is to be given back
 * @trail: the path
 */
struct mbpf_state {
	struct mbpf_state *next;
	u32 pc;
	u32 nr_frames;
	u32 round;
	u32 callbacks;
	u32 fresh;
	u32 nr_refs;
	bool has_trail;
	struct mbpf_frame *top;
	struct mbpf_frame *frame[MBPF_MAX_CALL_DEPTH];
	struct mbpf_ref refs[MBPF_MAX_REFS];
	struct mbpf_trail trail;
};

/* mbpf_vinsn.flags */
#define MBPF_V_PRUNE	0x01	/* states are saved and compared here */
#define MBPF_V_SEEN	0x02	/* executed */
#define MBPF_V_WENT	0x04	/* conditional jump: was taken */
#define MBPF_V_FELL	0x08	/* was not taken */
#define MBPF_V_WILD	0x10	/* reads stack in a way that is not known statically */
#define MBPF_V_VARIES	0x20	/* does not always load the same constant, or map */
#define MBPF_V_QUEUED	0x40	/* waits in a worklist */
#define MBPF_V_ENTRY	0x80	/* a function begins here */
#define MBPF_V_RETURNS	0x100	/* one whose result matters */
#define MBPF_V_REACHED	0x400	/* found by following the ways that are gone */
#define MBPF_V_ANY_KEY	0x200	/* call with a key of which nothing is known */
#define MBPF_V_MEETS	0x800	/* conditional jump over code that ends where it goes */

/* mbpf_vinsn.fp when it is no offset */
#define MBPF_FP_NO	0		/* does not access this frame's stack */
#define MBPF_FP_ANY	(S16_MIN + 1)	/* may, anywhere */

struct mbpf_saved;

/**
 * struct mbpf_vinsn - the verifier's notes on an instruction
 * @live: registers that may be read from here on
 * @live_high: those of which the upper half may be read
 * @need: registers whose scalar's value matters from here on
 * @fp: load, store or atomic: where on its own stack it goes
 * @flags: MBPF_V_*
 * @point: its place in mbpf_verifier.points; 0: none, as most
 *
 * Most of what a program takes while it is verified: see that it stays small.
 */
struct mbpf_vinsn {
	u16 live;
	u16 live_high;
	u16 need;
	s16 fp;
	u16 flags;
	u32 point;
};

/**
 * struct mbpf_vslots - of an instruction, in programs that mention R10: own stack slots, as bits
 * @live: those that may be read from here on
 * @need: those whose scalar's value matters from here on
 * @read: those that this instruction may read
 */
struct mbpf_vslots {
	u64 live;
	u64 need;
	u64 read;
};

/**
 * struct mbpf_vpoint - where control goes elsewhere, or comes from elsewhere
 * @hint: register, or slot, by which a comparison of states last failed
 * @nr_saved: states in @saved
 * @skip: visits on a straight way, of which no state is to be saved
 * @turns: mbpf_verifier.turns at the last visit
 * @callee: call: 1 + the function it calls, or calls back; U32_MAX: several
 * @pred: 1 + the first of those that jump to or call this instruction, or 0
 * @pred_next: 1 + the next instruction that goes where this one does, or 0
 * @saved: states seen here, the latest used first
 */
struct mbpf_vpoint {
	u16 hint;
	u16 nr_saved;
	u16 skip;
	u32 turns;
	u32 callee;
	u32 pred;
	u32 pred_next;
	struct mbpf_saved *saved;
};

/* Bytes: states are cut in multiples of the one, or of the other above a limit. */
#define MBPF_PIECE	64
#define MBPF_LARGE_PIECE 512
#define MBPF_PIECE_LIMIT 1024
#define MBPF_NR_SMALL	(MBPF_PIECE_LIMIT / MBPF_PIECE)
#define MBPF_MAX_FRAME	(sizeof(struct mbpf_frame) + MBPF_NR_REGS * sizeof(struct mbpf_reg) + \
			 MBPF_NR_SLOTS * sizeof(struct mbpf_slot))
#define MBPF_NR_PIECES	(MBPF_NR_SMALL + 1 + \
			 DIV_ROUND_UP(MBPF_MAX_FRAME - MBPF_PIECE_LIMIT, MBPF_LARGE_PIECE))

/**
 * struct mbpf_rejection - why a program is rejected
 * @message: what is wrong
 * @advice: what to change
 */
struct mbpf_rejection {
	char message[192];
	char advice[192];
};

/**
 * struct mbpf_verifier - one verification
 * @code: the program
 * @rules: what is allowed
 * @log: where it is explained
 * @insn: one per instruction
 * @slots: likewise if @has_stack; else one, in which nothing is noted
 * @points: @nr_points of them; [0] is that of all instructions that have no other
 * @nr_points: how many
 * @queue: worklist of instructions, @code->nr long
 * @nr_queue: entries in @queue
 * @cur: the execution under way
 * @pending: executions to be continued, the latest first
 * @nr_pending: how many
 * @active_last: the latest of the saved states that are not fully explored,
 *               linked by age
 * @seq: numbers saved states
 * @ids: last id given to a value
 * @rounds: last execution of a helper call with callback
 * @turns: executions forked or taken up again
 * @processed: instructions executed
 * @breath: when there are so many, other things are looked at
 * @states: saved states
 * @bytes: memory in states
 * @peak: most of it
 * @chunk_end: end of the memory from which states are cut
 * @chunk_left: bytes left before it
 * @pieces: what was cut and is free, by size
 * @unmet: times that executions came together and did not meet, since some did
 * @low_read: slots, as bits, of which some function may read the lower half
 * @has_stack: some function mentions R10
 * @stack_need: every stack slot's scalar matters everywhere
 * @watched: each instruction is shown to somebody
 * @certain: a check for NULL was executed that need not be made
 * @bad_reg: register that a rejection is about, or -1
 * @why: what is told about it
 */
struct mbpf_verifier {
	struct mbpf_code *code;
	const struct mbpf_verify_rules *rules;
	struct mbpf_log *log;
	struct mbpf_vinsn *insn;
	struct mbpf_vslots *slots;
	struct mbpf_vpoint *points;
	u32 nr_points;
	u32 *queue;
	u32 nr_queue;
	struct mbpf_state *cur;
	struct mbpf_state *pending;
	u32 nr_pending;
	struct mbpf_saved *active_last;
	u32 seq;
	u32 ids;
	u32 rounds;
	u32 turns;
	u32 processed;
	u32 breath;
	u32 states;
	u64 bytes;
	u64 peak;
	u8 *chunk_end;
	u32 chunk_left;
	void *pieces[MBPF_NR_PIECES];
	u32 unmet;
	u64 low_read;
	bool has_stack;
	bool stack_need;
	bool watched;
	bool certain;
	int bad_reg;
	struct mbpf_rejection *why;
};

static inline struct mbpf_frame *mbpf_verifier_frame(const struct mbpf_verifier *v)
{
	return v->cur->top;
}

static inline struct mbpf_reg *mbpf_verifier_reg(struct mbpf_verifier *v, u32 nr)
{
	return &mbpf_verifier_frame(v)->regs[nr];
}

static inline struct mbpf_vslots *mbpf_verifier_slots(const struct mbpf_verifier *v, u32 i)
{
	return &v->slots[v->has_stack ? i : 0];
}

/* Of jumps, their targets, calls that run code of the program, and what comes behind these. */
static inline struct mbpf_vpoint *mbpf_verifier_point(const struct mbpf_verifier *v, u32 i)
{
	return &v->points[v->insn[i].point];
}

static inline void mbpf_trail_add(struct mbpf_state *state, u32 nr, u32 last)
{
	struct mbpf_trail *trail = &state->trail;

	trail->run[trail->end++ % MBPF_TRAIL_RUNS] = last | min_t(u32, nr, MBPF_TRAIL) << 24;
}

/* R@nr of a frame of whatever state, or NULL: it is not live. */
static inline struct mbpf_reg *mbpf_frame_reg(const struct mbpf_frame *frame, u32 nr)
{
	u8 place = frame->place[nr];

	return place == MBPF_NOWHERE ? NULL : (struct mbpf_reg *)&frame->regs[place];
}

/* Slot in which the byte at R10 + @off lies, and its place there. */
static inline u32 mbpf_slot_of(s32 off)
{
	return (u32)(-off - 1) / 8;
}

static inline u32 mbpf_slot_byte(s32 off)
{
	return (u32)off & 7;
}

/* The byte of a slot at which its register begins, or 8 if there is none. */
static inline u32 mbpf_slot_reg_at(const struct mbpf_slot *slot)
{
	if (slot->byte[0] == MBPF_BYTE_SPILL)
		return 0;
	return slot->byte[MBPF_HALF] == MBPF_BYTE_HIGH ? MBPF_HALF : 8;
}

/* Slots, as bits, with any of the @size bytes from R10 + @off. */
static inline u64 mbpf_slot_mask(s32 off, u32 size)
{
	return GENMASK_ULL(mbpf_slot_of(off), mbpf_slot_of(off + (s32)size - 1));
}

static inline bool mbpf_reg_is_scalar(const struct mbpf_reg *reg)
{
	return reg->type == MBPF_TYPE_SCALAR;
}

static inline bool mbpf_reg_is_pointer(const struct mbpf_reg *reg)
{
	return reg->type > MBPF_TYPE_SCALAR;
}

/* Known to be the number 0. */
static inline bool mbpf_reg_is_null(const struct mbpf_reg *reg)
{
	return mbpf_reg_is_scalar(reg) && mbpf_range_is(&reg->range, 0);
}

/* What else there is of a register that holds nothing, nobody looks at. */
static inline void mbpf_reg_set_none(struct mbpf_reg *reg)
{
	reg->type = MBPF_TYPE_NONE;
	reg->id = 0;
	reg->set_at = 0;
}

/* Of this type, but for its range. Who wrote it is set by who executes the instruction. */
static inline void mbpf_reg_set_type(struct mbpf_reg *reg, enum mbpf_type type)
{
	reg->type = type;
	reg->frame = 0;
	reg->index = 0;
	reg->id = 0;
	reg->off = 0;
}

static inline void mbpf_reg_set_pointer(struct mbpf_reg *reg, enum mbpf_type type)
{
	mbpf_reg_set_type(reg, type);
	reg->set_at = 0;
	mbpf_range_set_const(&reg->range, 0);
}

static inline void mbpf_reg_set_unknown(struct mbpf_reg *reg)
{
	mbpf_reg_set_type(reg, MBPF_TYPE_SCALAR);
	mbpf_range_set_unknown(&reg->range);
}

static inline void mbpf_reg_set_bytes(struct mbpf_reg *reg, u32 size)
{
	mbpf_reg_set_type(reg, MBPF_TYPE_SCALAR);
	mbpf_range_set_bytes(&reg->range, size);
}

static inline void mbpf_reg_set_const(struct mbpf_reg *reg, u64 value)
{
	mbpf_reg_set_type(reg, MBPF_TYPE_SCALAR);
	mbpf_range_set_const(&reg->range, value);
}

/* verifier_state.c: frames and states */
struct mbpf_state *mbpf_state_create(struct mbpf_verifier *v);
/* What is live of @from when it is at @pc; NULL: no memory. */
struct mbpf_state *mbpf_state_pack(struct mbpf_verifier *v, const struct mbpf_state *from, u32 pc,
				   bool with_trail);
/* Makes @state, which was packed, the current one again: 0 or -ENOMEM. */
int mbpf_state_resume(struct mbpf_verifier *v, struct mbpf_state *state);
void mbpf_state_destroy(struct mbpf_verifier *v, struct mbpf_state *state);
/* Puts a new function's frame on top; -ENOMEM, -E2BIG (too deep). */
int mbpf_state_enter(struct mbpf_verifier *v, struct mbpf_state *state, u32 sub, u32 callsite);
void mbpf_state_leave(struct mbpf_verifier *v, struct mbpf_state *state);
/* Makes frame @nr of the current state have @nr_slots slots at least. */
int mbpf_state_slots(struct mbpf_verifier *v, u32 nr, u32 nr_slots);
/* Pushes what is live of the current state, to be continued at @pc; NULL: no memory. */
struct mbpf_state *mbpf_state_fork(struct mbpf_verifier *v, u32 pc);
void *mbpf_state_alloc(struct mbpf_verifier *v, size_t size);
void mbpf_state_free(struct mbpf_verifier *v, void *p, size_t size);

/* verifier_live.c: what may be read later, in time linear in the program */
int mbpf_live_build(struct mbpf_verifier *v);

/* verifier_need.c: which scalars' values matter */
void mbpf_need_reg(struct mbpf_verifier *v, u32 pc, u32 reg);
void mbpf_need_slots(struct mbpf_verifier *v, u32 pc, u64 slots);
void mbpf_need_wild_load(struct mbpf_verifier *v, u32 pc);
/* Carries them to wherever the values come from: to be called before states are compared by them. */
void mbpf_need_settle(struct mbpf_verifier *v);

/* verifier_run.c */
/* The current execution, until it ends: 1, or a rejection. */
int mbpf_verifier_run(struct mbpf_verifier *v);

/* verifier_alu.c */
int mbpf_verify_alu(struct mbpf_verifier *v, const struct mbpf_insn *insn);
/* @insn on numbers; 32-bit operands are extended as the operation reads them. */
u64 mbpf_alu_compute(const struct mbpf_insn *insn, u64 a, u64 b);

/* verifier_mem.c: loads, stores, atomics and what pointers may reach */
int mbpf_verify_load(struct mbpf_verifier *v, const struct mbpf_insn *insn);
int mbpf_verify_store(struct mbpf_verifier *v, const struct mbpf_insn *insn);
int mbpf_verify_atomic(struct mbpf_verifier *v, const struct mbpf_insn *insn);

/**
 * mbpf_verify_region - judge a helper's access
 * @v: the verifier
 * @reg: register with the pointer
 * @size: bytes, at most
 * @write: the helper writes there, and need not find anything initialised
 * @exact: it writes all of @size
 */
int mbpf_verify_region(struct mbpf_verifier *v, u32 reg, u32 size, bool write, bool exact);

/* verifier_stack.c: the stack's bytes */
/* @dst may be @base. */
int mbpf_stack_load(struct mbpf_verifier *v, const struct mbpf_reg *base, s32 off, u32 size,
		    struct mbpf_reg *dst);
/* To where register @base points: @value, which is in register @reg, or in none if @reg is none. */
int mbpf_stack_store(struct mbpf_verifier *v, u32 base, s32 off, u32 size,
		     const struct mbpf_reg *value, u32 reg);
/* A helper's or an atomic access to @size bytes: they are read, or become data. */
int mbpf_stack_read(struct mbpf_verifier *v, const struct mbpf_reg *base, s32 off, u32 size,
		    int reg);
int mbpf_stack_fill(struct mbpf_verifier *v, const struct mbpf_reg *base, s32 off, u32 size,
		    bool exact, int reg);

/* What @size bytes of the running function's stack hold, if that is a known number's range. */
bool mbpf_stack_peek(struct mbpf_verifier *v, const struct mbpf_reg *base, u32 size,
		     struct mbpf_range *range);

/* verifier_branch.c */
int mbpf_verify_jump(struct mbpf_verifier *v, const struct mbpf_insn *insn);

/* verifier_call.c, verifier_arg.c */
int mbpf_verify_call(struct mbpf_verifier *v, const struct mbpf_insn *insn);
int mbpf_verify_exit(struct mbpf_verifier *v);
int mbpf_verify_args(struct mbpf_verifier *v, const struct mbpf_helper *helper);

/* verifier_ref.c: what has to be given back */
/* R0 may be @size bytes of it now; -E2BIG. */
int mbpf_ref_acquire(struct mbpf_verifier *v, struct mbpf_reg *res, u32 size);
/* The register gives back what it points to: no pointer to it is left. */
int mbpf_ref_release(struct mbpf_verifier *v, u32 nr);
/* It turned out that nothing came. */
void mbpf_ref_drop(struct mbpf_state *state, u32 id);
/* That nothing of the running function's callback, or of the program, is left to be given back. */
int mbpf_ref_check_left(struct mbpf_verifier *v, const char *what);
u32 mbpf_ref_size(const struct mbpf_verifier *v, const struct mbpf_reg *reg);

/* verifier_prune.c */
/* At a place where states are compared: 1 if nothing new can come, 0 to go on. */
int mbpf_prune_visit(struct mbpf_verifier *v);
/* Takes the latest waiting execution as the current one: 1, 0 if none waits, -ENOMEM. */
int mbpf_prune_next(struct mbpf_verifier *v);

/* verifier_equal.c */
/* How two states are compared. */
enum mbpf_cover {
	MBPF_COVER_NEED,	/* scalars that do not matter may differ */
	MBPF_COVER_ALL,		/* every live value of one lies in the other's */
	MBPF_COVER_VALUES,	/* the same, whatever equals what */
};
/*
 * Whether all that @b can do is among what @a can, both being at the same
 * place in the same chain of calls.
 */
bool mbpf_state_covers(struct mbpf_verifier *v, const struct mbpf_state *a,
		       const struct mbpf_state *b, enum mbpf_cover how);
/* Forgets the scalars of the current state that are not as in @before. */
void mbpf_state_widen(struct mbpf_verifier *v, const struct mbpf_state *before);
/* Clears the ids that only one value of a state to be saved has. */
void mbpf_state_drop_ids(struct mbpf_state *state);

/* What is live and needed in a frame. */
struct mbpf_interest {
	u64 slots;
	u64 slots_need;
	u16 regs;
	u16 need;
};
/* In frame @f of @s when that is at @pc. */
void mbpf_state_interest(const struct mbpf_verifier *v, const struct mbpf_state *s, u32 f, u32 pc,
			 struct mbpf_interest *in);

/* verifier_log.c */
/**
 * mbpf_reject - remember why the program is not accepted
 * @v: the verifier
 * @err: negative errno, returned
 * @reg: the register in question, or -1
 * @fmt: what is wrong, without a line end; tools know some of these texts
 */
__printf(4, 5)
int mbpf_reject(struct mbpf_verifier *v, int err, int reg, const char *fmt, ...);
/* What to change; to be called before mbpf_reject(), which keeps it. */
__printf(2, 3)
void mbpf_advise(struct mbpf_verifier *v, const char *fmt, ...);
void mbpf_explain(struct mbpf_verifier *v);
void mbpf_log_state(struct mbpf_verifier *v);
void mbpf_log_insn(struct mbpf_verifier *v, u32 pc);
/* The instruction @back before the last one of the path; false: it is not remembered. */
bool mbpf_trail_at(const struct mbpf_verifier *v, u32 back, u32 *pc);

/* verifier_facts.c */
void mbpf_facts_load(struct mbpf_verifier *v, bool known, u64 value);
void mbpf_facts_call_map(struct mbpf_verifier *v, u32 map_plus_1);
/* The key of the call under way is from @min to @max. */
void mbpf_facts_key(struct mbpf_verifier *v, u32 min, u32 max);
/* @reg goes where its uses cannot be followed: the context may be read there. */
void mbpf_facts_leak(struct mbpf_verifier *v, const struct mbpf_reg *reg);
int mbpf_facts_finish(struct mbpf_verifier *v);

/* Tests look on: called before each instruction is executed abstractly. */
#ifdef MBPF_VERIFIER_TRACE
extern __thread void (*mbpf_verifier_trace)(const struct mbpf_verifier *v);
extern __thread void (*mbpf_verifier_done)(const struct mbpf_verifier *v);
extern __thread bool mbpf_verifier_exact;	/* compare as MBPF_COVER_ALL always */
#endif

#endif /* MBPF_VERIFIER_STATE_H */

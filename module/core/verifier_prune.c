// SPDX-License-Identifier: GPL-2.0-only
/*
 * When an execution may stop: it comes to a place where a state was saved that
 * covers it. Executions are explored depth first, so a saved state is in one
 * of these conditions:
 *
 * - active: what follows from it is still being explored, and the current
 *   execution is part of that. To come back to it is to loop; equal in all
 *   respects, for ever. Only rounds of one helper call, which the helper
 *   counts, may come back to the head of their loop.
 * - done: all that follows was explored, but some of it ended at the head of
 *   such a loop, its anchor, which is still active. What matters is not fully
 *   known until then, so it covers only states that lie in it entirely, in the
 *   same rounds.
 * - complete: what matters of it is known (verifier_need.c).
 *
 * Why no execution can go on for ever: a state is only taken for covered by
 * one that was done before it, except at heads of loops; so an endless
 * execution would have endless rounds, which helpers do not have.
 */
#include "verifier_state.h"

#define MAX_SAVED	48	/* per place */
#define MIN_FRESH	8	/* instructions between saved states */
#define MIN_FRESH_MET	64	/* likewise where executions met that are one from there on */
#define MAX_SKIP	15	/* log2 of the most rounds between saved states */

/**
 * struct mbpf_saved - a state to compare others with
 * @next: at the same place
 * @older: in the list of active ones
 * @newer: likewise
 * @anchor: head of the loop on which it depends, or NULL
 * @dependents: done states of which this is the anchor
 * @dep_next: links them
 * @state: the state
 * @own: executions that waited when it was saved; it is done once fewer do
 * @seq: order of saving
 * @done: see above
 * @complete: see above
 * @is_anchor: of some state
 */
struct mbpf_saved {
	struct mbpf_saved *next;
	struct mbpf_saved *older;
	struct mbpf_saved *newer;
	struct mbpf_saved *anchor;
	struct mbpf_saved *dependents;
	struct mbpf_saved *dep_next;
	struct mbpf_state *state;
	u32 own;
	u32 seq;
	bool done;
	bool complete;
	bool is_anchor;
};

static bool is_loop_head(const struct mbpf_verifier *v, u32 pc)
{
	const struct mbpf_insn *insn = &v->code->insns[pc];
	const struct mbpf_helper *helper;

	if (!mbpf_insn_is_helper_call(insn))
		return false;
	helper = mbpf_helper_find(insn->imm);
	return helper && helper->iterate;
}

static void active_remove(struct mbpf_verifier *v, struct mbpf_saved *s)
{
	if (s->newer)
		s->newer->older = s->older;
	else
		v->active_last = s->older;
	if (s->older)
		s->older->newer = s->newer;
}

static void mark_complete(struct mbpf_saved *s)
{
	struct mbpf_saved *todo = s, *dep, *next;

	/* Dependents, theirs and so on, as one list. */
	s->dep_next = NULL;
	while (todo) {
		s = todo;
		todo = s->dep_next;
		s->complete = true;
		for (dep = s->dependents; dep; dep = next) {
			next = dep->dep_next;
			dep->dep_next = todo;
			todo = dep;
		}
		s->dependents = NULL;
	}
}

/* Those saved when more executions waited than now are explored. */
static void settle(struct mbpf_verifier *v)
{
	struct mbpf_saved *s;

	while ((s = v->active_last) && s->own > v->nr_pending) {
		active_remove(v, s);
		s->done = true;
		if (s->anchor) {
			s->dep_next = s->anchor->dependents;
			s->anchor->dependents = s;
		} else {
			mark_complete(s);
		}
	}
}

int mbpf_prune_next(struct mbpf_verifier *v)
{
	struct mbpf_state *state = v->pending;

	if (!state)
		return 0;
	v->pending = state->next;
	state->next = NULL;
	v->nr_pending--;
	v->turns++;
	settle(v);
	return mbpf_state_resume(v, state) ?: 1;
}

/* The current execution depends on @head: so does all on the way from there. */
static void depend(struct mbpf_verifier *v, struct mbpf_saved *head)
{
	struct mbpf_saved *s;

	while (head->done)
		head = head->anchor;
	head->is_anchor = true;
	for (s = v->active_last; s && s->seq > head->seq; s = s->older)
		if (!s->anchor || s->anchor->seq > head->seq)
			s->anchor = head;
}

static bool same_rounds(const struct mbpf_state *a, const struct mbpf_state *b)
{
	u32 f;

	if (a->nr_frames != b->nr_frames || a->round != b->round)
		return false;
	for (f = 0; f < a->nr_frames; f++)
		if (a->frame[f]->round != b->frame[f]->round)
			return false;
	return true;
}

static int reject_endless(struct mbpf_verifier *v)
{
	mbpf_advise(v, "let something that decides whether to leave the loop change in it, or use a for loop with a constant bound");
	return mbpf_reject(v, -EINVAL, -1, "infinite loop detected at insn %u", v->cur->pc);
}

/* Return: 1 if @s covers the current state, 0 if not, or a rejection. */
static int compare(struct mbpf_verifier *v, struct mbpf_saved *s, bool head)
{
	enum mbpf_cover how = MBPF_COVER_NEED;

#ifdef MBPF_VERIFIER_TRACE
	if (mbpf_verifier_exact)
		how = MBPF_COVER_ALL;
#endif
	if (s->complete)
		return mbpf_state_covers(v, s->state, v->cur, how);
	if (s->done || (head && s->state->round == v->cur->round)) {
		if (!same_rounds(s->state, v->cur) ||
		    !mbpf_state_covers(v, s->state, v->cur, MBPF_COVER_ALL))
			return 0;
		depend(v, s->done ? s->anchor : s);
		return 1;
	}
	if (s->state->callbacks == v->cur->callbacks &&
	    mbpf_state_covers(v, s->state, v->cur, MBPF_COVER_ALL) &&
	    mbpf_state_covers(v, v->cur, s->state, MBPF_COVER_VALUES))
		return reject_endless(v);
	return 0;
}

static void saved_free(struct mbpf_verifier *v, struct mbpf_saved *s)
{
	mbpf_state_destroy(v, s->state);
	mbpf_state_free(v, s, sizeof(*s));
	v->states--;
}

/* Forgets the state that was of no use for longest, if it may be forgotten. */
static void evict(struct mbpf_verifier *v, struct mbpf_vpoint *point)
{
	struct mbpf_saved **link, **last = NULL, *s;

	for (link = &point->saved; *link; link = &(*link)->next)
		if (!(*link)->is_anchor && (!(*link)->anchor || (*link)->complete))
			last = link;
	if (!last)
		return;
	s = *last;
	*last = s->next;
	if (!s->done)
		active_remove(v, s);
	point->nr_saved--;
	saved_free(v, s);
}

static int save(struct mbpf_verifier *v, struct mbpf_vpoint *point)
{
	struct mbpf_saved *s;

	if (point->nr_saved >= MAX_SAVED)
		evict(v, point);
	s = mbpf_state_alloc(v, sizeof(*s));
	if (!s)
		return -ENOMEM;
	memset(s, 0, sizeof(*s));
	s->state = mbpf_state_pack(v, v->cur, v->cur->pc, false);
	if (!s->state) {
		mbpf_state_free(v, s, sizeof(*s));
		return -ENOMEM;
	}
	mbpf_state_drop_ids(s->state);
	s->own = v->nr_pending;
	s->seq = ++v->seq;
	s->older = v->active_last;
	if (s->older)
		s->older->newer = s;
	v->active_last = s;
	s->next = point->saved;
	point->saved = s;
	point->nr_saved++;
	v->states++;
	v->cur->fresh = 0;
	return 0;
}

/* A further round of a loop: what it changes may be anything from now on. */
static void widen(struct mbpf_verifier *v, const struct mbpf_vpoint *point)
{
	const struct mbpf_saved *s;

	for (s = point->saved; s; s = s->next) {
		if (s->done || s->state->round != v->cur->round)
			continue;
		mbpf_state_widen(v, s->state);
		return;
	}
}

/*
 * Rounds of a loop in which nothing was undecided need not be saved each: no
 * other execution comes by that could be cut short there. They are saved at
 * growing distances, and the rounds between are compared with the latest saved
 * one alone; a loop that repeats a state is found by that all the same
 * (R. Brent, An improved Monte Carlo factorization algorithm, 1980).
 */
static bool is_straight(const struct mbpf_verifier *v, struct mbpf_vpoint *point)
{
	if (point->turns != v->turns) {
		point->turns = v->turns;
		point->skip = 0;
		return false;
	}
	if (!point->skip) {
		point->skip = 1u << min_t(u32, point->nr_saved, MAX_SKIP);
		return false;
	}
	point->skip--;
	return true;
}

/* Return: 1 if one of the saved states covers the current one, 0 if none does, or a rejection. */
static int compare_all(struct mbpf_verifier *v, struct mbpf_vpoint *point, bool head, bool first_only)
{
	struct mbpf_saved **link, *s;
	int ret;

	if (point->saved)
		mbpf_need_settle(v);
	for (link = &point->saved; (s = *link); link = &s->next) {
		ret = compare(v, s, head);
		if (ret < 0)
			return ret;
		if (ret) {
			/* The latest used comes first. */
			*link = s->next;
			s->next = point->saved;
			point->saved = s;
			return 1;
		}
		if (first_only)
			break;
	}
	return 0;
}

/* The latest of those that wait is covered by the current execution: it goes no further. */
static void drop_pending(struct mbpf_verifier *v)
{
	struct mbpf_state *state = v->pending;
	struct mbpf_saved *s;

	v->pending = state->next;
	v->nr_pending--;
	/* What was saved since it waited is explored when those before it go on. */
	for (s = v->active_last; s && s->own > v->nr_pending; s = s->older)
		s->own = v->nr_pending;
	mbpf_state_destroy(v, state);
}

/*
 * Executions that parted and wait here for the current one, which comes from
 * the way that is longer: of what each stands for, the current one has all, it
 * goes on for both. Nothing was saved or is known of what follows from here,
 * so every scalar counts. Returns whether some met, and all that wait here.
 */
static bool meet(struct mbpf_verifier *v)
{
	const struct mbpf_state *other;
	bool met = false;

	for (; (other = v->pending) && other->pc == v->cur->pc; met = true) {
		if (other->callbacks != v->cur->callbacks || !same_rounds(other, v->cur) ||
		    !mbpf_state_covers(v, v->cur, other, MBPF_COVER_ALL)) {
			v->unmet++;
			return false;
		}
		drop_pending(v);
		v->unmet = 0;
	}
	return met;
}

/* The main function's code, if it has no loop, is come to by what waits alone. */
static bool nobody_comes(const struct mbpf_verifier *v)
{
	const struct mbpf_subprog *main = &v->code->subs[0];

	return !v->nr_pending && v->cur->nr_frames == 1 && !main->has_loop;
}

int mbpf_prune_visit(struct mbpf_verifier *v)
{
	struct mbpf_vpoint *point = mbpf_verifier_point(v, v->cur->pc);
	bool head = is_loop_head(v, v->cur->pc), straight;
	int ret;

	if (head && !v->cur->round)
		v->cur->round = ++v->rounds;
	straight = !head && point->saved && is_straight(v, point);
	ret = compare_all(v, point, head, straight);
	if (ret)
		return ret;
	if (head)
		widen(v, point);
	else if (meet(v) && v->cur->fresh < MIN_FRESH_MET)
		return 0;
	if (straight || (!head && (nobody_comes(v) || (point->saved && v->cur->fresh < MIN_FRESH))))
		return 0;
	return save(v, point);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs as objects: from instructions to something that runs, and back to
 * nothing. The stages are the core's; their order, the privileges that they
 * are told of and the choice of an engine are made here.
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/license.h>
#include <linux/moduleparam.h>
#include <linux/percpu.h>
#include <linux/ptrace.h>
#include <linux/security.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>

#include "core/opt.h"
#include "core/verifier.h"
#include "arena.h"
#include "link.h"
#include "map_object.h"
#include "prog_object.h"
#include "prog_tag.h"
#include "target.h"

bool mbpf_jit_on = true;
module_param_named(jit, mbpf_jit_on, bool, 0644);
MODULE_PARM_DESC(jit, "make machine code of programs loaded from now on");

void mbpf_prog_put_map(void *priv, struct mbpf_map *map)
{
	mbpf_object_put(&mbpf_map_owner(map)->obj);
}

struct mbpf_prog_stats mbpf_prog_object_stats(const struct mbpf_prog_object *po)
{
	const struct mbpf_prog_stats *stats;
	struct mbpf_prog_stats sum = {};
	int cpu;

	if (!READ_ONCE(po->stats))
		return sum;
	for_each_possible_cpu(cpu) {
		stats = per_cpu_ptr(po->stats, cpu);
		sum.missed += READ_ONCE(stats->missed);
		sum.runs += READ_ONCE(stats->runs);
		sum.run_ns += READ_ONCE(stats->run_ns);
	}
	return sum;
}

static void prog_abandon(struct mbpf_object *obj)
{
	mbpf_link_detach_all(mbpf_prog_object(obj));
}

static void prog_free(struct mbpf_object *obj)
{
	struct mbpf_prog_object *po = mbpf_prog_object(obj);
	u32 i;

	mbpf_arena_free(po->text, po->text_size);
	kvfree(po->insn_off);
	for (i = 0; i < po->prog.code.nr_maps; i++)
		mbpf_prog_put_map(NULL, po->prog.code.maps[i]);
	mbpf_code_deinit(&po->prog.code);
	free_percpu(po->stats);
	kfree(po);
}

static u64 prog_bytes(const struct mbpf_prog_object *po)
{
	const struct mbpf_code *code = &po->prog.code;
	u32 each = sizeof(*code->insns) +
		   (code->aux ? sizeof(*code->aux) : sizeof(*po->insn_off));

	return round_up(sizeof(*po) + po->text_size + (u64)code->nr * each, PAGE_SIZE);
}

static void prog_show_fdinfo(struct mbpf_object *obj, struct seq_file *seq)
{
	struct mbpf_prog_object *po = mbpf_prog_object(obj);
	struct mbpf_prog_stats stats = mbpf_prog_object_stats(po);

	seq_printf(seq, "prog_type:\t%u\n", po->type);
	seq_printf(seq, "prog_jited:\t%u\n", mbpf_prog_jited(po));
	mbpf_prog_tag_show(po, seq);
	seq_printf(seq, "memlock:\t%llu\n", prog_bytes(po));
	seq_printf(seq, "prog_id:\t%u\n", obj->id);
	seq_printf(seq, "run_time_ns:\t%llu\n", stats.run_ns);
	seq_printf(seq, "run_cnt:\t%llu\n", stats.runs);
	seq_printf(seq, "recursion_misses:\t%llu\n", stats.missed);
	seq_printf(seq, "verified_insns:\t%u\n", po->verified);
}

static const struct mbpf_object_ops prog_ops = {
	.kind = MBPF_KIND_PROG,
	.file_name = "bpf-prog",
	.abandon = prog_abandon,
	.free = prog_free,
	.show_fdinfo = prog_show_fdinfo,
};

/* What types of programs there are, and what they may read of their context. */
static int ctx_size(u32 type)
{
	switch (type) {
	case MINIBPF_PROG_TYPE_SOCKET_FILTER:
		return 0;
	case MINIBPF_PROG_TYPE_KPROBE:
		return sizeof(struct pt_regs);
	case MINIBPF_PROG_TYPE_TRACEPOINT:
		return MBPF_RECORD_SIZE;
	case MINIBPF_PROG_TYPE_PERF_EVENT:
		return sizeof(struct mbpf_sample);
	case MINIBPF_PROG_TYPE_RAW_TRACEPOINT:
		return MBPF_RAW_ARGS_SIZE;
	default:
		return -EINVAL;
	}
}

static int verify(struct mbpf_prog_object *po, const struct mbpf_prog_source *src,
		  struct mbpf_log *log)
{
	struct mbpf_verify_rules rules = {
		.ctx_size = ctx_size(po->type),
		.gpl = po->gpl,
		.find_line = src->find_line,
		.line_priv = src->line_priv,
		.perfmon = perfmon_capable() && !security_locked_down(LOCKDOWN_BPF_READ_KERNEL),
		.write_user = capable(CAP_SYS_ADMIN) &&
			      !security_locked_down(LOCKDOWN_BPF_WRITE_USER),
	};
	struct mbpf_verify_stats stats = {};
	int err;

	err = mbpf_cfg_build(&po->prog.code, log);
	if (!err)
		err = mbpf_verify(&po->prog.code, &rules, log, &stats);
	po->verified = min_t(u64, stats.processed, U32_MAX);
	return err;
}

/* Puts the machine code of @jit, which has been sized, into the arena. */
static int place(struct mbpf_prog_object *po, struct mbpf_jit *jit)
{
	u32 size = jit->pos;
	u8 *text = mbpf_arena_alloc(size);
	u8 *alias;
	int err;

	if (!text)
		return -ENOSPC;
	alias = mbpf_arena_open(text, size);
	err = -ENOMEM;
	if (!alias)
		goto err_free;
	err = mbpf_jit_emit(jit, mbpf_target_backend(), alias, size, (u64)text);
	mbpf_arena_close(text, alias, size);
	if (err)
		goto err_free;

	/* These are kept. */
	swap(po->insn_off, jit->off);
	po->sub_off = jit->sub_off;
	po->text = text;
	po->text_size = size;
	po->prog.run = (mbpf_run_t)(text + jit->entry);
	po->prog.tail_entry = text + jit->tail_entry;
	return 0;

err_free:
	mbpf_arena_free(text, size);
	return err;
}

/* What machine code is made for. */
static struct mbpf_jit_target target __ro_after_init = {
	.array_max = offsetof(struct mbpf_fd_array, max_entries),
	.array_slots = offsetof(struct mbpf_fd_array, slots),
};

void __init mbpf_prog_object_init(void)
{
	mbpf_target_detect(&target);
}

static int compile(struct mbpf_prog_object *po)
{
	struct mbpf_jit jit;
	int err;

	err = mbpf_opt_run(&po->prog.code, target.has & MBPF_JIT_HAS_CPU);
	if (err)
		return err;
	err = mbpf_jit_init(&jit, mbpf_target_backend(), &po->prog.code, &target,
			    (u64)mbpf_arena_base());
	if (err)
		return err;
	err = place(po, &jit);
	mbpf_jit_deinit(&jit);
	return err;
}

/* Machine code if that is wanted and possible, else the interpreter. */
static void choose_engine(struct mbpf_prog_object *po, struct mbpf_log *log)
{
	int err;

	po->prog.run = mbpf_interp_run;
	if (!READ_ONCE(mbpf_jit_on))
		return;
	err = compile(po);
	if (err)
		mbpf_log_printf(log, "no machine code (error %d): the interpreter runs this program\n",
				-err);
}

/*
 * Leaves what is needed later: descriptors mean nothing any more, and what is
 * known of each instruction serves the interpreter alone.
 */
static int settle(struct mbpf_prog_object *po)
{
	struct mbpf_code *code = &po->prog.code;
	struct mbpf_insn *insn;
	u32 k;

	for (k = 0; k < code->nr_odd; k++) {
		insn = &code->insns[code->odd[k]];
		if (!mbpf_insn_is_lddw(insn))
			continue;
		if (insn->src == MBPF_PSEUDO_MAP_IDX)
			insn->src = MBPF_PSEUDO_MAP_FD;
		else if (insn->src == MBPF_PSEUDO_MAP_IDX_VALUE)
			insn->src = MBPF_PSEUDO_MAP_VALUE;
		if (mbpf_prog_names_map(insn))
			insn->imm = code->aux[code->odd[k]].ref;
	}
	return mbpf_code_settle(code, !mbpf_prog_jited(po));
}

/* Tail calls from this program stay among programs of its kind. */
static int claim_prog_arrays(struct mbpf_prog_object *po, struct mbpf_log *log)
{
	const struct mbpf_code *code = &po->prog.code;
	u32 i;
	int err;

	for (i = 0; i < code->nr_maps; i++) {
		if (code->maps[i]->attr.type != MBPF_MAP_PROG_ARRAY)
			continue;
		err = mbpf_map_object_claim(mbpf_map_owner(code->maps[i]), po);
		if (err) {
			mbpf_log_printf(log,
					"map %s: its programs are of another type, or differ in being machine code\n",
					code->maps[i]->attr.name);
			return err;
		}
	}
	return 0;
}

/* Such indices are part of the tag, and are not kept: it has to be made now. */
static bool names_maps_by_index(const struct mbpf_code *code)
{
	const struct mbpf_insn *insn;
	u32 k;

	for (k = 0; k < code->nr_odd; k++) {
		insn = &code->insns[code->odd[k]];
		if (insn->code == MBPF_LDDW && (insn->src == MBPF_PSEUDO_MAP_IDX ||
						insn->src == MBPF_PSEUDO_MAP_IDX_VALUE))
			return true;
	}
	return false;
}

static int build(struct mbpf_prog_object *po, struct mbpf_prog_source *src,
		 struct mbpf_log *log)
{
	u8 tag[MINIBPF_TAG_SIZE];
	int err;

	err = mbpf_code_init(&po->prog.code, src->insns, src->nr);
	src->insns = NULL;
	if (err)
		return err;
	err = mbpf_code_resolve(&po->prog.code, src->maps, log);
	if (err)
		return err;
	if (names_maps_by_index(&po->prog.code)) {
		err = mbpf_prog_tag_get(po, tag);
		if (err)
			return err;
	}
	err = verify(po, src, log);
	if (err)
		return err;
	choose_engine(po, log);
	err = settle(po);
	return err ?: claim_prog_arrays(po, log);
}

struct mbpf_prog_object *mbpf_prog_object_create(struct mbpf_prog_source *src,
						 struct mbpf_log *log)
{
	struct mbpf_prog_object *po;
	int err;

	if (ctx_size(src->type) < 0)
		return ERR_PTR(-EINVAL);
	if (src->type != MINIBPF_PROG_TYPE_SOCKET_FILTER && !perfmon_capable())
		return ERR_PTR(-EPERM);
	po = kzalloc(sizeof(*po), GFP_KERNEL_ACCOUNT);
	if (!po)
		return ERR_PTR(-ENOMEM);
	po->type = src->type;
	po->attach_type = src->attach_type;
	po->gpl = license_is_gpl_compatible(src->license);
	memcpy(po->name, src->name, sizeof(po->name));
	po->uid = current_uid();
	po->load_time = ktime_get_boottime_ns();
	INIT_LIST_HEAD(&po->attached);
	mbpf_object_init(&po->obj, &prog_ops);

	err = build(po, src, log);
	if (!err)
		err = mbpf_object_publish(&po->obj);
	if (err) {
		mbpf_object_put_user(&po->obj);
		return ERR_PTR(err);
	}
	return po;
}

struct mbpf_prog_object *mbpf_prog_object_from_fd(u32 fd)
{
	struct mbpf_object *obj = mbpf_object_from_fd(fd, MBPF_KIND_PROG, NULL);

	return IS_ERR(obj) ? ERR_CAST(obj) : mbpf_prog_object(obj);
}

/* Protects the making of mbpf_prog_object.stats of all programs. */
static DEFINE_MUTEX(stats_lock);

struct mbpf_prog_object *mbpf_prog_object_to_run(u32 fd)
{
	struct mbpf_prog_object *po = mbpf_prog_object_from_fd(fd);
	struct mbpf_prog_stats __percpu *stats;

	if (IS_ERR(po) || READ_ONCE(po->stats))
		return po;
	mutex_lock(&stats_lock);
	stats = po->stats;
	if (!stats) {
		stats = alloc_percpu_gfp(struct mbpf_prog_stats, GFP_KERNEL_ACCOUNT);
		WRITE_ONCE(po->stats, stats);
	}
	mutex_unlock(&stats_lock);
	if (stats)
		return po;
	mbpf_object_put_user(&po->obj);
	return ERR_PTR(-ENOMEM);
}

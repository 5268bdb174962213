// SPDX-License-Identifier: GPL-2.0-only
/* What user space can learn of a program: numbers, its maps, its instructions, its code. */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "info.h"
#include "map_object.h"
#include "prog_object.h"
#include "prog_tag.h"

/*
 * As /proc/kallsyms decides, whose function is not exported: kptr_restrict is
 * seen by what %pK makes of an address.
 */
bool mbpf_may_see_addresses(void)
{
	char text[20];

	if (!capable(CAP_SYSLOG))
		return false;
	snprintf(text, sizeof(text), "%pK", &mbpf_may_see_addresses);
	return strspn(text, "0") != strlen(text);
}

/*
 * Gives a list of @nr elements of @size bytes to the address @to, of which
 * the caller has room for *@count; *@count becomes @nr.
 */
static int give(u64 to, const void *from, u32 size, u32 nr, u32 *count)
{
	u32 room = min(nr, *count);

	*count = nr;
	if (!to || !room)
		return 0;
	return copy_to_user(u64_to_user_ptr(to), from, (size_t)room * size) ? -EFAULT : 0;
}

static int give_map_ids(struct mbpf_prog_object *po, struct minibpf_prog_info *info)
{
	u32 nr = po->prog.code.nr_maps, room = min(nr, info->nr_map_ids), i;
	u32 __user *to = u64_to_user_ptr(info->map_ids);

	info->nr_map_ids = nr;
	for (i = 0; i < room; i++)
		if (put_user(mbpf_map_owner(po->prog.code.maps[i])->obj.id, to + i))
			return -EFAULT;
	return 0;
}

/* Instructions as they were verified, where maps are named by their numbers. */
static int give_insns(struct mbpf_prog_object *po, struct minibpf_prog_info *info)
{
	const struct mbpf_code *code = &po->prog.code;
	u32 size = code->nr * sizeof(*code->insns), i;
	struct mbpf_insn *insns;
	int err;

	if (!info->xlated_prog_insns || !info->xlated_prog_len) {
		info->xlated_prog_len = size;
		return 0;
	}
	insns = kvmalloc(size, GFP_KERNEL);
	if (!insns)
		return -ENOMEM;
	memcpy(insns, code->insns, size);
	for (i = 0; i < code->nr; i += mbpf_insn_slots(&insns[i]))
		if (mbpf_prog_names_map(&insns[i]))
			insns[i].imm = mbpf_map_owner(code->maps[insns[i].imm])->obj.id;
	err = give(info->xlated_prog_insns, insns, 1, size, &info->xlated_prog_len);
	kvfree(insns);
	return err;
}

/* Bytes of machine code of function @i; the last one has what is behind it too. */
static u32 func_size(const struct mbpf_prog_object *po, u32 i)
{
	u32 end = i + 1 < po->prog.code.nr_subs ? po->sub_off[i + 1] : po->text_size;

	return end - po->sub_off[i];
}

/*
 * Where the machine code of each instruction begins, in the field for lines of
 * source: a program without debug information has one line per instruction.
 */
static int give_lines(struct mbpf_prog_object *po, struct minibpf_prog_info *info)
{
	u32 nr = mbpf_prog_jited(po) ? po->prog.code.nr : 0;
	u32 wanted = min(nr, info->nr_jited_line_info), i;
	u64 __user *to = u64_to_user_ptr(info->jited_line_info);

	info->nr_jited_line_info = nr;
	info->jited_line_info_rec_size = sizeof(u64);
	if (!mbpf_may_see_addresses()) {
		info->jited_line_info = 0;
		return 0;
	}
	for (i = 0; to && i < wanted; i++)
		if (put_user((u64)po->text + po->insn_off[i], to + i))
			return -EFAULT;
	return 0;
}

static int give_code(struct mbpf_prog_object *po, struct minibpf_prog_info *info)
{
	u32 nr = mbpf_prog_jited(po) ? po->prog.code.nr_subs : 0;
	u32 ksyms = min(nr, info->nr_jited_ksyms), lens = min(nr, info->nr_jited_func_lens);
	u64 __user *to_ksyms = u64_to_user_ptr(info->jited_ksyms);
	u32 __user *to_lens = u64_to_user_ptr(info->jited_func_lens);
	u32 i;

	info->nr_jited_ksyms = nr;
	info->nr_jited_func_lens = nr;
	if (!mbpf_may_see_addresses()) {
		info->jited_prog_len = po->text_size;
		info->jited_prog_insns = 0;
		info->jited_ksyms = 0;
		info->jited_func_lens = 0;
		return 0;
	}
	for (i = 0; to_ksyms && i < ksyms; i++)
		if (put_user((u64)po->text + po->sub_off[i], to_ksyms + i))
			return -EFAULT;
	for (i = 0; to_lens && i < lens; i++)
		if (put_user(func_size(po, i), to_lens + i))
			return -EFAULT;
	return give(info->jited_prog_insns, po->text, 1, po->text_size, &info->jited_prog_len);
}

int mbpf_prog_fill_info(struct mbpf_prog_object *po, struct minibpf_prog_info *info)
{
	struct mbpf_prog_stats stats = mbpf_prog_object_stats(po);
	struct minibpf_prog_info in = *info;
	int err;

	memset(info, 0, sizeof(*info));
	info->map_ids = in.map_ids;
	info->nr_map_ids = in.nr_map_ids;
	info->xlated_prog_insns = in.xlated_prog_insns;
	info->xlated_prog_len = in.xlated_prog_len;
	info->jited_prog_insns = in.jited_prog_insns;
	info->jited_prog_len = in.jited_prog_len;
	info->jited_ksyms = in.jited_ksyms;
	info->nr_jited_ksyms = in.nr_jited_ksyms;
	info->jited_func_lens = in.jited_func_lens;
	info->nr_jited_func_lens = in.nr_jited_func_lens;
	info->jited_line_info = in.jited_line_info;
	info->nr_jited_line_info = in.nr_jited_line_info;

	info->type = po->type;
	info->id = po->obj.id;
	err = mbpf_prog_tag_get(po, info->tag);
	if (err)
		return err;
	info->load_time = po->load_time;
	info->created_by_uid = from_kuid_munged(current_user_ns(), po->uid);
	memcpy(info->name, po->name, sizeof(info->name));
	info->gpl_compatible = po->gpl;
	info->run_time_ns = stats.run_ns;
	info->run_cnt = stats.runs;
	info->recursion_misses = stats.missed;
	info->verified_insns = po->verified;

	err = give_map_ids(po, info);
	if (!err)
		err = give_insns(po, info);
	if (!err)
		err = give_code(po, info);
	if (!err)
		err = give_lines(po, info);
	return err;
}

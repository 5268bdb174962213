/* SPDX-License-Identifier: GPL-2.0-only */
/* vm_flags_set(), vm_flags_clear(): see compat/probe/vm_flags_clear.c. */
#ifndef MBPF_COMPAT_VM_FLAGS_H
#define MBPF_COMPAT_VM_FLAGS_H

#include <linux/mm.h>

#ifndef COMPAT_HAVE_VM_FLAGS_CLEAR
static inline void vm_flags_set(struct vm_area_struct *vma, vm_flags_t flags)
{
	vma->vm_flags |= flags;
}

static inline void vm_flags_clear(struct vm_area_struct *vma, vm_flags_t flags)
{
	vma->vm_flags &= ~flags;
}
#endif

#endif /* MBPF_COMPAT_VM_FLAGS_H */

"""Operators that make, move, select or convert data and do no arithmetic on it.

Values of a factory, random numbers and indices are made, not computed with; a cast converts; a
choice by a mask moves what something else compared.
"""

from __future__ import annotations

from flopscope.costs import declare_free

FACTORIES = """
    _cudnn_init_dropout_state _efficientzerotensor _empty_affine_quantized
    _empty_per_channel_affine_quantized _fill_mem_eff_dropout_mask_
    _new_zeros_with_same_feature_meta _nested_tensor_from_mask _philox_key_fold_in _philox_key_split
    _philox_normal _philox_randint _philox_uniform _sample_dirichlet _sobol_engine_draw
    _sobol_engine_ff_ _sobol_engine_initialize_state_ _sobol_engine_scramble_ _standard_gamma arange
    bartlett_window bernoulli binomial blackman_window cauchy empty empty_like empty_permuted
    empty_quantized empty_strided exponential eye fft_fftfreq fft_rfftfreq from_file full full_like
    geometric hamming_window hann_window kaiser_window linspace log_normal logspace multinomial
    new_empty new_empty_strided new_full new_ones new_zeros normal normal_functional ones ones_like
    poisson rand rand_like randint randint_like randn randn_like random randperm range
    scalar_tensor tril_indices triu_indices uniform zeros zeros_like

"""

COPIES = """
    _chunk_cat _conj_copy _copy_from _copy_from_and_resize _foreach_clone _foreach_copy
    _foreach_zero _fw_primal_copy _indices_copy _lazy_clone _make_dual_copy _nested_from_padded
    _nested_from_padded_and_nested_example _nested_from_padded_tensor _nested_get_values_copy
    _nested_tensor_from_mask_left_aligned _nested_tensor_from_tensor_list
    _nested_view_from_buffer_copy _nested_view_from_jagged_copy _padded_dense_to_jagged_forward
    _jagged_to_padded_dense_forward _pin_memory _reshape_alias_copy _reshape_copy
    _sparse_broadcast_to_copy _stack _to_copy _to_cpu _unsafe_view _values_copy _neg_view_copy
    alias_copy shallow_copy_data_ as_strided_copy block_diag cat ccol_indices_copy clone
    col_indices_copy column_stack complex concat concatenate contiguous copy crow_indices_copy
    detach_copy diag diag_embed diagflat diagonal_copy dstack expand_copy fill fill_diagonal_ hstack
    indices_copy lift lift_fresh lift_fresh_copy narrow_copy nested_to_padded_tensor permute_copy
    pin_memory repeat reshape reshape_as row_indices_copy select_copy slice_copy split_copy
    split_with_sizes_copy squeeze_copy stack t_copy tile to to_dense to_padded_tensor transpose_copy
    type_as unbind_copy unfold_copy unsafe_chunk unsafe_split unsafe_split_with_sizes unsqueeze_copy
    values_copy view_as_complex_copy view_as_real_copy view_copy vstack zero flatten_dense_tensors
    unflatten_dense_tensors _shape_as_tensor
"""

VIEWS = """
    adjoint chunk conj dsplit expand_as flatten hsplit imag matrix_H mH mT moveaxis movedim narrow
    numpy_T ravel real resolve_conj resolve_neg split squeeze swapaxes swapdims tensor_split
    unflatten view_as vsplit atleast_1d atleast_2d atleast_3d broadcast_tensors broadcast_to
    meshgrid unfold as_strided_ detach_ t_ transpose_ unsqueeze_ _indices _values ccol_indices
    col_indices crow_indices indices row_indices values
"""

REARRANGEMENTS = """
    _cudnn_rnn_flatten_weight _mkldnn_reshape _mkldnn_transpose _pack_padded_sequence
    _pad_circular _pad_enum _pad_packed_sequence
    channel_shuffle constant_pad_nd flip fliplr flipud im2col mkldnn_reorder_conv2d_weight
    mkldnn_reorder_conv3d_weight native_channel_shuffle pad pad_sequence pixel_shuffle
    pixel_unshuffle reflection_pad1d reflection_pad2d reflection_pad3d repeat_interleave
    replication_pad1d replication_pad2d replication_pad3d roll rot90 tril triu one_hot
    cartesian_prod combinations max_unpool2d max_unpool3d
"""

SELECTIONS = """
    _unsafe_index _unsafe_masked_index argwhere as_strided_scatter
    diagonal_scatter embedding gather index index_copy index_fill index_select masked_fill
    masked_scatter masked_select nonzero nonzero_numpy nonzero_static select_scatter slice_scatter
    take take_along_dim where put _reshape_from_tensor
"""

SPARSE_AND_QUANTIZED_LAYOUTS = """
    _coalesced _convert_indices_from_coo_to_csr _convert_indices_from_csr_to_coo
    _convert_weight_to_int4pack _convert_weight_to_int4pack_for_cpu _cslt_compress
    _dyn_quant_pack_4bit_weight _make_per_channel_quantized_tensor
    _make_per_tensor_quantized_tensor _sparse_compressed_tensor_unsafe
    _sparse_compressed_tensor_with_dims _sparse_coo_tensor_unsafe _sparse_coo_tensor_with_dims
    _sparse_coo_tensor_with_dims_and_tensors _spdiags _to_dense _to_sparse _to_sparse_bsc
    _to_sparse_bsr _to_sparse_csc _to_sparse_csr copy_sparse_to_sparse int_repr lu_unpack
    sparse_compressed_tensor _coalesce
    sparse_coo_tensor sparse_csr_tensor sparse_mask sparse_resize sparse_resize_and_clear to_mkldnn
    to_sparse to_sparse_csr _sparse_mask_projection _to_sparse_semi_structured
"""

METADATA = """
    _assert_async _assert_scalar _assert_tensor_metadata _debug_has_internal_overlap _dimI _dimV
    _functional_assert_async _functional_assert_scalar _functional_sym_constrain_range
    _functional_sym_constrain_range_for_size _fused_sdp_choice _has_same_storage_numel
    _linalg_check_errors _local_scalar_dense _make_dep_token
    _nested_compute_contiguous_strides_offsets _nested_get_jagged_dummy _nested_get_lengths
    _nested_get_max_seqlen _nested_get_min_seqlen _nested_get_offsets _nested_get_ragged_idx
    _nested_tensor_size _nested_tensor_storage_offsets _nested_tensor_strides _nnz _print
    _resize_output _use_cudnn_ctc_loss _use_miopen_ctc_loss _validate_compressed_sparse_indices
    _version dense_dim is_coalesced is_complex is_floating_point is_pinned is_same_size is_set_to
    item q_per_channel_axis q_per_channel_scales q_per_channel_zero_points q_scale q_zero_point
    qscheme record_stream resize resize_as resize_as_sparse set set_ sparse_dim sym_constrain_range
    sym_constrain_range_for_size sym_is_contiguous sym_numel sym_size sym_storage_offset sym_stride
    numel size stride storage_offset dim is_contiguous
"""

OTHER_LIBRARIES = """
    profiler._record_function_enter profiler._record_function_enter_new
    profiler._record_function_exit _c10d_functional.all_gather_into_tensor
    _c10d_functional.all_gather_into_tensor_coalesced _c10d_functional.all_reduce
    _c10d_functional.all_reduce_coalesced _c10d_functional.all_to_all_single
    _c10d_functional.broadcast _c10d_functional.reduce_scatter_tensor
    _c10d_functional.reduce_scatter_tensor_coalesced _c10d_functional.wait_tensor
"""

declare_free(OTHER_LIBRARIES.split())

for _family in (
    FACTORIES,
    COPIES,
    VIEWS,
    REARRANGEMENTS,
    SELECTIONS,
    SPARSE_AND_QUANTIZED_LAYOUTS,
    METADATA,
):
    declare_free(f"aten.{name}" for name in _family.split())

"""Operators that make, move, select or convert data and do no arithmetic on it.

Random numbers and the values of a factory are made, not computed with; a dtype cast converts.
"""

from __future__ import annotations

from flopscope.costs import free

FACTORIES = """
    arange empty empty_like empty_permuted empty_quantized empty_strided eye fft_fftfreq fft_rfftfreq
    full full_like linspace logspace new_empty new_empty_strided new_full new_ones new_zeros ones
    ones_like rand rand_like randint randint_like randn randn_like random randperm range
    scalar_tensor tril_indices triu_indices zeros zeros_like _efficientzerotensor
    _empty_affine_quantized _empty_per_channel_affine_quantized _new_zeros_with_same_feature_meta
    bartlett_window blackman_window hamming_window hann_window kaiser_window normal_functional
    bernoulli binomial cauchy exponential geometric log_normal multinomial normal poisson uniform
    _standard_gamma _sample_dirichlet _philox_normal _philox_randint _philox_uniform
    _philox_key_fold_in _philox_key_split _sobol_engine_draw _sobol_engine_ff_
    _sobol_engine_initialize_state_ _sobol_engine_scramble_ _cudnn_init_dropout_state
    _fill_mem_eff_dropout_mask_ from_file
"""

COPIES = """
    clone contiguous copy copy_ _to_copy _to_cpu to lift lift_fresh lift_fresh_copy _copy_from
    _copy_from_and_resize _lazy_clone fill zero set_ set resize resize_as _resize_output
    _pin_memory pin_memory cat concat concatenate _chunk_cat stack _stack block_diag hstack vstack
    dstack column_stack repeat tile repeat_interleave roll rot90 flip fliplr flipud
    constant_pad_nd pad _pad_circular _pad_enum reflection_pad1d reflection_pad2d reflection_pad3d
    replication_pad1d replication_pad2d replication_pad3d pixel_shuffle pixel_unshuffle
    channel_shuffle native_channel_shuffle im2col tril triu diag_embed diag diagflat one_hot
    meshgrid cartesian_prod combinations reshape reshape_as flatten unflatten ravel _reshape_copy
    _unsafe_view unsafe_chunk unsafe_split unsafe_split_with_sizes complex real imag view_as
    resolve_conj resolve_neg type_as to_dense _to_dense to_sparse _to_sparse to_mkldnn
    _mkldnn_reshape _mkldnn_transpose mkldnn_reorder_conv2d_weight mkldnn_reorder_conv3d_weight
    nested_to_padded_tensor to_padded_tensor _nested_from_padded _nested_tensor_from_mask
    _nested_tensor_from_tensor_list _nested_from_padded_tensor _jagged_to_padded_dense_forward
    _padded_dense_to_jagged_forward _pack_padded_sequence _pad_packed_sequence pad_sequence
    _cudnn_rnn_flatten_weight _make_per_tensor_quantized_tensor
    _make_per_channel_quantized_tensor int_repr quantize_fp8
"""

package dev.mmib.backend;

/**
 * Every kernel of a device against the reference, at awkward sizes.
 *
 * <p>A device's test extends this class and opens the device; each family of kernels is a contract
 * of its own.
 */
public abstract class BackendContract
    implements AttentionContract,
        ConvolutionContract,
        CrfContract,
        ElementwiseContract,
        LayoutContract,
        LookupContract,
        LossContract,
        MatMulContract,
        MemoryContract,
        NormContract,
        OptimizerContract,
        PoolingContract,
        RandomContract,
        ReductionContract {}

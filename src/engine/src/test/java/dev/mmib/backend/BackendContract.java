package dev.mmib.backend;

/**
 * Every kernel of a device against the reference, at awkward sizes.
 *
 * <p>A device's test extends this class and opens the device; each family of kernels is a contract
 * of its own.
 */
public abstract class BackendContract
    implements ElementwiseContract,
        LayoutContract,
        LookupContract,
        MatMulContract,
        MemoryContract,
        NormContract,
        OptimizerContract,
        RandomContract,
        ReductionContract {}

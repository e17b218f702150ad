// Silos, processes and fixed resources of one machine: these tests run one after another.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

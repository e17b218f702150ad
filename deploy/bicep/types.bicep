// What the parameter files say, and what the modules are told of it.

@export()
@description('One datacentre: a cluster of its own, with its own membership.')
type region = {
  @description('The Azure region. It must have three availability zones.')
  location: string

  @description('The /16 of its network. It must differ from that of every other region.')
  network: string
}

@export()
@description('The network of another region.')
type neighbour = {
  name: string
  id: string
}

@export()
@description('Where a region takes sessions that others pass on.')
type passed = {
  location: string
  address: string
  virtualNetworkId: string
}

@export()
@description('A pool of machines.')
type pool = {
  @description('The size of a machine. For silos: one that takes premium disks; its uncached disk throughput bounds the spool.')
  vmSize: string

  @description('How many at least.')
  minCount: int

  @description('How many at most. One pod a machine: at least one more than pods, so that an upgrade has somewhere to go.')
  maxCount: int
}

@export()
@description('How big a region is.')
type size = {
  @description('The machines of Kubernetes itself and of monitoring, over three zones.')
  system: pool

  @description('The machines of silos, each zone\'s.')
  silos: pool

  @description('The machines of edges, over three zones.')
  edges: pool

  @description('Days that logs are kept.')
  @minValue(30)
  @maxValue(730)
  logDays: int
}

"""M/M/1 with SimPy, as its documentation would write it: prints CPU seconds and the mean wait."""
import random
import sys
import time

import simpy

SERVICE_MEAN, ARRIVAL_MEAN = 0.9, 1.0


def customer(env, server, luck, waits):
    arrived = env.now
    with server.request() as request:
        yield request
        waits[0] += env.now - arrived
        yield env.timeout(luck.expovariate(1 / SERVICE_MEAN))


def source(env, customers, server, luck, waits):
    for _ in range(customers):
        yield env.timeout(luck.expovariate(1 / ARRIVAL_MEAN))
        env.process(customer(env, server, luck, waits))


def main():
    customers, seed = int(sys.argv[1]), int(sys.argv[2])
    waits = [0.0]
    begin = time.process_time()
    env = simpy.Environment()
    server = simpy.Resource(env, capacity=1)
    env.process(source(env, customers, server, random.Random(seed), waits))
    env.run()
    print(time.process_time() - begin, waits[0] / customers, simpy.__version__)


main()

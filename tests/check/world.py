# SPDX-License-Identifier: Apache-2.0
"""A small world for the checks: an authority and a root, their keys in the
built-in token of tests/fault, all in one folder that can be copied."""
import collections
import getpass
import hashlib
import json
import os
import shutil
import subprocess

BUILD = os.environ['PRIVYSEAL_BUILD']
TOOL = os.path.join(BUILD, 'tools', 'privyseal')
MODULE = os.path.join(BUILD, 'tests', 'fault', 'privyseal-fault.so')


class Failed(Exception):
    pass


class World:
    """One folder with an authority, a root and their token; copied for each kill."""

    def __init__(self, folder):
        self.folder = folder

    def environment(self, rule=''):
        settings = 'token-dir="%s/token" label=lab pin=1234 journal="%s/signatures"' % (self.folder, self.folder)
        if rule:
            settings += ' rule=' + rule
        return dict(os.environ, PRIVYSEAL_FAULT=settings)

    def run(self, *args, rule='', prefix=()):
        return subprocess.run([*prefix, TOOL, *args], cwd=self.folder, env=self.environment(rule),
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)

    def good(self, *args):
        done = self.run(*args)
        if done.returncode != 0:
            raise Failed('%s: exit %d: %s' % (' '.join(args), done.returncode, done.stderr.decode().strip()))
        return done.stdout

    def path(self, name):
        return os.path.join(self.folder, name)


TOKEN = ['--module', MODULE, '--token', 'pkcs11:token=lab', '--pin-source', 'file:pin']
INIT = {
    'authority': ['init', '--store', 'authority', '--role', 'authority', '--name', 'EA', *TOKEN],
    'root': ['init', '--store', 'root', '--role', 'root', '--name', 'RMS01', '--url', 'https://rms.example/_wmcs',
             '--anchors', 'authority/anchors.pem', *TOKEN],
}
EXPORT = ['enroll', '--store', 'root', '--export']
SIGN = ['authority', 'sign', '--store', 'authority', 'RMS01EnrollRequest.xml', '--out', 'RMS01.slc.xml', '--yes']
IMPORT = ['enroll', '--store', 'root', '--import', 'RMS01.slc.xml', '--yes']
RENEW = ['renew', '--store', 'root', '--export']
RENEW_SIGN = ['authority', 'sign', '--store', 'authority', 'RMS01RenewalRequest.xml', '--out', 'RMS01.new.xml', '--yes']
RENEW_IMPORT = ['renew', '--store', 'root', '--import', 'RMS01.new.xml', '--yes']
TRUST = ['trust', 'export', '--store', 'root', '--out', 'root.chain']
INIT['licensing'] = ['init', '--store', 'licensing', '--role', 'licensing', '--name', 'LIC01', '--url',
                     'https://lic.example/_wmcs', '--anchors', 'authority/anchors.pem', '--root', 'root.chain', *TOKEN]
SERVE = ['subenroll', '--store', 'root', '--serve', 'LIC01EnrollRequest.xml', '--out', 'LIC01.slc.xml', '--yes']
SUB_IMPORT = ['subenroll', '--store', 'licensing', '--import', 'LIC01.slc.xml', '--yes']
REKEY = ['renew', '--store', 'licensing', '--export', '--rekey']
REKEY_SERVE = ['subenroll', '--store', 'root', '--serve', 'LIC01RenewalRequest.xml', '--out', 'LIC01.new.xml', '--yes']
REKEY_IMPORT = ['renew', '--store', 'licensing', '--import', 'LIC01.new.xml', '--accept-change', '--yes']
JOIN = ['cluster', 'join', '--store', 'root', '--member', 'second', '--yes']

# What a root issues to users, behind IMPORT.
LICENSES = [
    ['client', 'init', '--client', 'client', '--anchors', 'authority/anchors.pem', '--name', 'machine'],
    ['trust', 'add', '--store', 'root', 'machines', 'client/authority.pem', '--yes'],
    ['license', 'rac', '--store', 'root', '--user', 'ann@example.org', '--machine', 'client/machine.xml', '--out',
     'ann.rac.xml'],
    ['license', 'pl', '--store', 'root', '--owner', 'ann@example.org', '--grant', 'bob@example.org:view', '--out',
     'plan.pl.xml'],
]


def let_in(world):
    """The root's access list: whoever runs the tests may vouch."""
    with open(os.open(world.path('root/acl'), os.O_WRONLY | os.O_CREAT, 0o600), 'w') as file:
        file.write('privyseal-acl 1\nprincipal tester unix-user:%s\nallow tester op=sub-enroll,renew,rekey '
                   'url=https://lic.example/_wmcs quota=99/30d outstanding=9\nend 2\n' % getpass.getuser())


# Commands, or what is done without one.
STEPS = [INIT['authority'], INIT['root'], EXPORT, SIGN, IMPORT, RENEW, RENEW_SIGN, RENEW_IMPORT, TRUST, let_in,
         INIT['licensing'], SERVE, SUB_IMPORT, REKEY, REKEY_SERVE, REKEY_IMPORT, JOIN]


def prepare(folder, steps):
    world = World(folder)
    os.makedirs(folder, mode=0o700)
    os.mkdir(world.path('token'), 0o700)
    with open(os.open(world.path('pin'), os.O_WRONLY | os.O_CREAT, 0o600), 'w') as file:
        file.write('1234\n')
    for step in STEPS[:steps]:
        step(world) if callable(step) else world.good(*step)
    return world


def copy(world, folder):
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(world.folder, folder, symlinks=True)
    return World(folder)


def records(world, store, kind):
    """The journal's records of one type, as `log tail --json` prints them."""
    out = world.good('log', 'tail', '--store', store, '-n', '1000', '--json')
    return [r for r in json.loads(out)['records'] if r['type'] == kind]


def signatures(world):
    """What the token signed: (key id, digest of the input, digest of the output)."""
    with open(world.path('signatures')) as file:
        return [tuple(line.split()[:3]) for line in file]


DIGEST_INFO = bytes.fromhex('3031300d060960864801650304020105000420')


def unaccounted(world, stores):
    """Holds the token's own list of signatures against the journals: what is
    wrong with it, as a list of sentences. Checkpoints are the audit keys'."""
    wrong = []
    made = collections.defaultdict(lambda: collections.defaultdict(set))
    for key, data, output in signatures(world):
        made[key][data].add(output)
    for store in stores:
        ids = {}
        purposes = {}
        for record in records(world, store, 'KEY'):
            ids[record['fields']['key']] = record['fields']['id']
            purposes[record['fields']['id']] = record['fields']['purpose']
        asked = collections.defaultdict(set)
        for record in records(world, store, 'INTENT'):
            octets = bytes.fromhex(record['fields']['to-be-signed'])
            if octets.startswith(b'<BODY'):
                octets = octets.decode().encode('utf-16-le')
            signed = DIGEST_INFO + hashlib.sha256(octets).digest()
            asked[ids[record['fields']['issuer-key']]].add(hashlib.sha256(signed).hexdigest())
        for key, purpose in purposes.items():
            if purpose != 'audit' and set(made[key]) - asked[key]:
                wrong.append('%s: the %s key signed what no INTENT says' % (store, purpose))
            if purpose != 'audit' and any(len(outputs) != 1 for outputs in made[key].values()):
                wrong.append('%s: two signatures of the %s key for one INTENT' % (store, purpose))
    return wrong


def count_of_signatures(world, store):
    """[(purpose, signatures in the token, RESULT records)] of a store's keys but
    the audit key, whose checkpoints have no RESULT."""
    made = collections.Counter(key for key, _, _ in signatures(world))
    done = {int(record['fields']['intent']) for record in records(world, store, 'RESULT')}
    results = collections.Counter(record['fields']['issuer-key'] for record in records(world, store, 'INTENT')
                                  if record['seq'] in done)
    return [(record['fields']['purpose'], made[record['fields']['id']], results[record['fields']['key']])
            for record in records(world, store, 'KEY') if record['fields']['purpose'] != 'audit']

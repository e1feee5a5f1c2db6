import { FailureError } from './faults';

/** Accounts that hold Model Monitor's images, by region (SageMaker Python SDK, `image_uri_config/model-monitor.json`). */
const MODEL_MONITOR: Readonly<Record<string, string>> = {
  'ap-east-1': '001633400207',
  'ap-northeast-1': '574779866223',
  'ap-northeast-2': '709848358524',
  'ap-south-1': '126357580389',
  'ap-southeast-1': '245545462676',
  'ap-southeast-2': '563025443158',
  'ca-central-1': '536280801234',
  'cn-north-1': '453000072557',
  'cn-northwest-1': '453252182341',
  'eu-central-1': '048819808253',
  'eu-north-1': '895015795356',
  'eu-west-1': '468650794304',
  'eu-west-2': '749857270468',
  'eu-west-3': '680080141114',
  'me-south-1': '607024016150',
  'sa-east-1': '539772159869',
  'us-east-1': '156813124566',
  'us-east-2': '777275614652',
  'us-west-1': '890145073186',
  'us-west-2': '159807026194',
};

/** Accounts that hold Clarify's image, by region (SageMaker Python SDK, `image_uri_config/clarify.json`). */
const CLARIFY: Readonly<Record<string, string>> = {
  'af-south-1': '811711786498',
  'ap-east-1': '098760798382',
  'ap-northeast-1': '377024640650',
  'ap-northeast-2': '263625296855',
  'ap-northeast-3': '364406365360',
  'ap-south-1': '452307495513',
  'ap-southeast-1': '834264404009',
  'ap-southeast-2': '007051062584',
  'ca-central-1': '675030665977',
  'cn-north-1': '122526803553',
  'cn-northwest-1': '122578899357',
  'eu-central-1': '017069133835',
  'eu-north-1': '763603941244',
  'eu-south-1': '638885417683',
  'eu-west-1': '131013547314',
  'eu-west-2': '440796970383',
  'eu-west-3': '341593696636',
  'me-south-1': '835444307964',
  'sa-east-1': '520018980103',
  'us-east-1': '205585389593',
  'us-east-2': '211330385671',
  'us-west-1': '740489534195',
  'us-west-2': '306415355426',
};

const IMAGES = {
  /** Judges data and the model's quality. */
  analyzer: { accounts: MODEL_MONITOR, repository: 'sagemaker-model-monitor-analyzer' },
  /** Joins labels to captured records. */
  merger: { accounts: MODEL_MONITOR, repository: 'sagemaker-model-monitor-groundtruth-merger' },
  /** Judges bias and attributions. */
  clarify: { accounts: CLARIFY, repository: 'sagemaker-clarify-processing:1.0' },
} as const;

/** SageMaker's own image of a region. Throws `InvalidRequest` for a region that the tables do not have. */
export function monitoringImage(which: keyof typeof IMAGES, region: string): string {
  const { accounts, repository } = IMAGES[which];
  const account = accounts[region];
  if (account === undefined)
    throw new FailureError(
      'InvalidRequest',
      `The account that holds ${repository} in ${region} is not known: write \`image: …\` in the monitor, or \`engine: worker\`.`
    );
  const domain = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  return `${account}.dkr.ecr.${region}.${domain}/${repository}`;
}
